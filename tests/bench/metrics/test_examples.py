"""The examples in the docstrings of metrics run, and give what they say."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name",
    ["frechet", "intervals", "iou", "kernel", "leak", "make", "pixel", "seam", "ssim"],
)
def test_the_examples_of_a_module_run(name):
    module = importlib.import_module(f"bench.metrics.{name}")
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0

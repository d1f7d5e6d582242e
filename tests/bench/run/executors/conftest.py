"""A small suite, and what one process writes of it."""

from __future__ import annotations

import pytest
import torch

from bench.run.suite_run import run_suite
from bench.suite.schema import Suite, parse_suite
from tests.bench.run.made_suite import suite_text, write_data
from tests.bench.run.test_suite_run import fingerprints

SCENES = 40  # three shards


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    data = write_data(tmp_path_factory.mktemp("data") / "rooms", SCENES)
    text = suite_text(
        data,
        tasks="[{dataset: rooms, protocol: freeform@1}]",
        methods="[diffusion, nearest]",
        metrics="[l1, psnr]",
        batch_size="4",
    )
    return parse_suite(text, "made.yaml")


@pytest.fixture(scope="session")
def alone(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("alone") / "run"
    run_suite(suite, out=out, device="cpu")
    torch.set_num_threads(before)
    return fingerprints(out)


@pytest.fixture
def one_thread():
    """Workers on the processor compute on one thread, which an editor's last digits may depend on."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)

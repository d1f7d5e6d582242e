"""A segmenter whose constructor fails is one sentence with the exception behind it."""

import sys

import pytest

from bench.core.errors import BadInput, PluginFailed
from bench.networks.segmenters.make import make_segmenter
from bench.plugins.kinds import SEGMENTERS


def raising(argument, device, folders):
    raise RuntimeError("header too large\nand more")


def leaving(argument, device, folders):
    sys.exit(3)


def refusing(argument, device, folders):
    raise BadInput("x.bin: not mine")


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        (
            raising,
            r"segmenter 'raising:x\.bin': its constructor raised RuntimeError: header too large$",
        ),
        (leaving, r"segmenter 'leaving:x\.bin': its constructor called sys\.exit\(3\)"),
    ],
)
def test_a_constructor_that_fails_is_named(factory, said):
    with SEGMENTERS.offering({"mine": factory}), pytest.raises(PluginFailed, match=said) as failed:
        make_segmenter("mine:x.bin")
    assert failed.value.__cause__ is not None


def test_what_it_says_itself_stays_as_it_is():
    with (
        SEGMENTERS.offering({"mine": refusing}),
        pytest.raises(BadInput, match=r"^x\.bin: not mine$"),
    ):
        make_segmenter("mine:x.bin")

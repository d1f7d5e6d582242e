"""Segmenters are made once; where a constructor fails, one sentence has the exception behind it."""

import sys
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import BadInput, PluginFailed
from bench.networks.segmenters.make import make_segmenter
from bench.networks.segmenters.segmenter import Segmenter, kept_by, own_space
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


class Reading(Segmenter):
    name = "reading"
    space = own_space("two", ("a", "b"))

    def __init__(self, argument, device, folders):
        self.kind = int(Path(argument).read_text())

    def segment(self, images):
        return np.full(images.shape[:3], self.kind, np.int32)

    def identity(self):
        return {"kind": "what a file says"}


def test_one_is_made_once_and_anew_where_the_file_that_it_was_made_of_has_changed(tmp_path):
    file = tmp_path / "kind.txt"
    file.write_text("0")
    with SEGMENTERS.offering({"reading": Reading}):
        first = make_segmenter(f"reading:{file}")
        assert make_segmenter(f"reading:{file}") is first
        file.write_text(" 1")
        second = make_segmenter(f"reading:{file}")
    images = np.zeros((1, 2, 2, 3), np.uint8)
    assert [one.segment(images).max() for one in (first, second)] == [0, 1]
    assert kept_by(first) != kept_by(second)
    assert first.identity() == second.identity()

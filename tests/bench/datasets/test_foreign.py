"""A dataset from elsewhere that goes wrong is one sentence with the scene; a good one is read as it is."""

from __future__ import annotations

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.datasets import Fit, open_dataset
from bench.datasets.foreign import guarded_dataset
from bench.scene import LabelSpace, Scene

SPACE = LabelSpace("two", ("a", "b"), ((0, 0, 0), (1, 1, 1)))
FIT = Fit((4, 6), "crop")


class Two:
    """Two grey scenes."""

    name, space, ids = "two", SPACE, ("x", "y")

    def read(self, scene, fit):
        return scene_of(scene)

    def fingerprint(self):
        return "f00d"


def scene_of(name="x", shape=(4, 6), value=0):
    return Scene(name, np.zeros((*shape, 3), np.uint8), np.full(shape, value, np.int32), None)


def two(**facts):
    return type("Changed", (Two,), facts)()


def test_a_good_one_is_read_as_it_is() -> None:
    seen = guarded_dataset("mine", Two())
    assert (seen.name, seen.ids, seen.space, seen.fingerprint()) == (
        "two",
        ("x", "y"),
        SPACE,
        "f00d",
    )
    assert seen.read("y", FIT).id == "y"


def test_one_of_ours_is_itself() -> None:
    rooms = open_dataset("procedural-rooms", None, count=1)
    assert guarded_dataset("procedural-rooms", rooms) is rooms


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"name": ""}, "name: is ''"),
        ({"space": ("a", "b")}, "space: must be a siebench.LabelSpace"),
        ({"ids": ("x", "x")}, "ids: 'x' is there twice"),
        ({"ids": (1, 2)}, "ids: 1 can be no scene's name"),
        ({"ids": ("a\nb",)}, "can be no scene's name"),
        ({"ids": None}, "reading its attributes raised TypeError"),
        ({"ids": property(lambda self: 1 / 0)}, "reading its attributes raised ZeroDivisionError"),
    ],
)
def test_what_no_run_can_use_is_refused_when_it_is_opened(facts, words) -> None:
    with pytest.raises(BadInput, match=words):
        guarded_dataset("mine", two(**facts))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "gave a NoneType, not a siebench.Scene"),
        (scene_of("z"), "gave the scene 'z'"),
        (scene_of(shape=(5, 6)), r"is \[5, 6\] pixels where \[4, 6\] are asked for"),
        (scene_of(value=2), "labels: are from 2 to 2; expected -1"),
    ],
)
def test_a_scene_that_is_none_is_named(given, words) -> None:
    seen = guarded_dataset("mine", two(read=lambda self, scene, fit: given))
    with pytest.raises(BadInput, match=rf"dataset 'mine': read\('x'\): {words}"):
        seen.read("x", FIT)


def test_whatever_it_raises_is_one_sentence() -> None:
    def leave(*_):
        raise SystemExit(3)

    seen = guarded_dataset("mine", two(read=leave, fingerprint=lambda self: 1 / 0))
    with pytest.raises(BadInput, match=r"dataset 'mine': read\('x'\) called sys\.exit\(3\)"):
        seen.read("x", FIT)
    with pytest.raises(BadInput, match=r"fingerprint\(\) raised ZeroDivisionError"):
        seen.fingerprint()

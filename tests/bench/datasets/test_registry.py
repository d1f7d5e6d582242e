"""One way in to every dataset: by name, from a module, as an object."""

import sys
from types import ModuleType

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.datasets import DatasetInfo, Fit, dataset_names, describe, is_drawn, open_dataset
from bench.plugins.kinds import DATASETS
from bench.scene import LabelSpace, Scene

SPACE = LabelSpace("two@1", ("sky", "sea"), ((0, 0, 255), (0, 255, 0)))


class Plain:
    """Grey scenes, half sky and half sea."""

    name = "plain"
    space = SPACE
    ids = ("a", "b", "c")

    def read(self, scene, fit):
        if scene not in self.ids:
            raise BadInput(f"plain has no scene {scene!r}")
        height, width = fit.size or (16, 16)
        labels = np.zeros((height, width), np.int32)
        labels[height // 2 :] = 1
        image = np.full((height, width, 3), 40 * self.ids.index(scene), np.uint8)
        return Scene(scene, image, labels)

    def fingerprint(self):
        return "0" * 64


INFO = DatasetInfo(
    name="mine",
    title="Mine",
    about="made here",
    drawn=True,
    open=lambda path, split, count: Plain(),
)


@pytest.fixture
def foreign(monkeypatch):
    """A module that no distribution registers."""
    module = ModuleType("foreign_data")
    module.INFO = INFO
    module.OBJECT = Plain()
    module.BROKEN = DatasetInfo(name="b", title="B", about="breaks", open=lambda *_: 1 / 0)
    module.WRONG = DatasetInfo(name="w", title="W", about="wrong", open=lambda *_: 3)
    monkeypatch.setitem(sys.modules, "foreign_data", module)


def test_every_dataset_declares_what_the_house_asks_of_it():
    for name in dataset_names():
        info = describe(name)
        assert info.name == name
        assert info.about
        assert info.layout
        assert info.licence.name
        assert (info.space is None) == (name == "folder")
        assert info.default_split is None or info.default_split in info.splits
        assert set(info.counts) <= set(info.splits or ("",))


def test_an_unknown_dataset_is_named_with_the_nearest_one():
    with pytest.raises(BadInput, match="did you mean 'cityscapes'"):
        open_dataset("cityscape", None)


def test_a_module_is_imported_only_on_trust(foreign):
    with pytest.raises(BadInput, match="--trust"):
        open_dataset("foreign_data:INFO", None)
    assert open_dataset("foreign_data:INFO", None, trust=True).ids == ("a", "b", "c")
    assert describe("foreign_data:INFO", trust=True).title == "Mine"
    assert is_drawn("foreign_data:OBJECT", trust=True)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("foreign_data:BROKEN", r"opening it raised ZeroDivisionError: division by zero"),
        ("foreign_data:WRONG", "opening it gave a int, which lacks name"),
        ("foreign_data:NOTHING", "cannot be imported"),
    ],
)
def test_a_plugin_that_fails_is_one_sentence(foreign, name, says):
    with pytest.raises(BadInput, match=says):
        open_dataset(name, None, trust=True)


def test_an_object_is_a_dataset_as_long_as_it_is_offered():
    mine = Plain()
    with DATASETS.offering({"mine": mine}):
        assert "mine" in dataset_names()
        assert open_dataset("mine", None).ids == mine.ids
        info = describe("mine")
        assert (info.drawn, info.space, info.counts) == (True, SPACE, {"": 3})
        assert info.about == "Grey scenes, half sky and half sea."
    with pytest.raises(BadInput, match="unknown dataset 'mine'"):
        open_dataset("mine", None)


def test_the_first_scenes_of_an_object_are_a_dataset_of_their_own():
    with DATASETS.offering({"mine": Plain()}):
        first = open_dataset("mine", None, count=2)
        assert first.ids == ("a", "b")
        assert first.read("b", Fit((8, 8))).size == (8, 8)
        assert first.fingerprint() != open_dataset("mine", None).fingerprint()
        with pytest.raises(BadInput, match="unknown scene of plain 'c'"):
            first.read("c", Fit((8, 8)))


def test_an_object_takes_no_path_and_no_split(tmp_path):
    with DATASETS.offering({"mine": Plain()}):
        for path, split in ((tmp_path, None), (None, "val")):
            with pytest.raises(BadInput, match="takes no path and no split"):
                open_dataset("mine", path, split)


def test_the_first_scenes_of_a_drawn_dataset_can_leave_objects_out():
    rooms = open_dataset("procedural-rooms", None, count=3)
    with DATASETS.offering({"mine": rooms}):
        first = open_dataset("mine", None, count=1)
    without = first.read_without(first.ids[0], 1, Fit((32, 32)))
    assert np.array_equal(without, rooms.read_without(rooms.ids[0], 1, Fit((32, 32))))


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "3"])
def test_a_count_is_a_whole_number_from_1(count):
    with pytest.raises(BadInput, match="must be a whole number from 1"):
        open_dataset("procedural-rooms", None, count=count)

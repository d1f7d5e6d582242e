"""Everything that is registered conforms, and what does not is found out."""

import dataclasses

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.datasets import dataset_names, describe, is_drawn, open_dataset
from bench.datasets.conformance import check_dataset_plugin
from bench.plugins.kinds import DATASETS
from bench.scene import Scene
from tests.bench.datasets.test_registry import INFO, Plain

ON_DISK = [name for name in dataset_names() if not is_drawn(name)]


@pytest.mark.parametrize("name", [name for name in dataset_names() if is_drawn(name)])
def test_every_drawn_dataset_conforms(name):
    assert DATASETS.check(describe(name)) == []


@pytest.mark.parametrize("name", ON_DISK)
def test_every_published_dataset_conforms_over_a_small_folder(written, name):
    for stem in ("a", "b"):
        written.image(stem, size=(12, 16))
        labels = np.ones((12, 16), np.uint8)
        labels[:4] = 2
        labels[4:6] = 255 if name != "ade20k_room" and not name.startswith("ade") else 0
        written.labels(stem, labels)
        written.instances(stem, np.where(labels == 2, 3, 0).astype(np.uint16))
    assert check_dataset_plugin(describe(name), written.root) == []


@pytest.mark.parametrize("name", ON_DISK)
def test_without_a_folder_what_it_declares_and_refuses_is_checked(name):
    assert DATASETS.check(describe(name)) == []


def test_an_open_dataset_conforms():
    assert DATASETS.check(open_dataset("procedural-faces", None, count=2)) == []
    assert DATASETS.check(Plain()) == []


def fault(**members):
    return check_dataset_plugin(type("Faulty", (Plain,), members)())


def beside(change):
    """A dataset whose scenes are changed."""
    return fault(read=lambda self, scene, fit: change(Plain.read(self, scene, fit)))


CALLS = []


def forgetful(scene):
    CALLS.append(scene.id)
    return dataclasses.replace(scene, image=np.full_like(scene.image, len(CALLS)))


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (lambda: fault(ids=()), "ids must be a tuple of at least one name"),
        (lambda: fault(ids=["a"]), "ids must be a tuple"),
        (lambda: fault(ids=("a", "a")), "ids holds a name twice"),
        (lambda: fault(fingerprint=lambda self: "made up"), "64 hexadecimal digits"),
        (
            lambda: fault(read=lambda self, scene, fit: Plain.read(self, "a", fit)),
            "must refuse an unknown scene with BadInput, but does not",
        ),
        (lambda: beside(lambda s: dataclasses.replace(s, labels=s.labels - 2)), "must lie in 0..1"),
        (lambda: beside(lambda s: dataclasses.replace(s, labels=s.labels + 1)), "must lie in 0..1"),
        (
            lambda: beside(lambda s: dataclasses.replace(s, instances=s.labels - 1)),
            "instances must",
        ),
        (lambda: beside(forgetful), "image differs when it is read again in another order"),
        (
            lambda: beside(lambda s: Scene(s.id, s.image[:4], s.labels[:4])),
            "has the size (4, 32), asked for was (24, 32)",
        ),
        (lambda: beside(lambda s: 1 / 0), "raises ZeroDivisionError"),
    ],
)
def test_a_dataset_that_breaks_the_contract_is_told_how(found, says):
    assert says in "\n".join(found())


def refuses(path, split, count):
    if path is not None or split is not None:
        raise BadInput("no path, no split")
    return Plain()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"title": ""}, "title must be one line of text"),
        ({"default_split": "val"}, "default_split 'val' is not among splits []"),
        ({"splits": ("val",)}, "default_split must name one of the splits"),
        ({"counts": {"val": 3}}, "counts names ['val'], which are no splits"),
        ({"drawn": False}, "layout must say which files are expected"),
        ({"open": lambda *_: Plain()}, "must refuse a folder (it is drawn) with BadInput"),
        ({"open": refuses}, "count=1 gives the scenes ['a', 'b', 'c'], not the first one"),
    ],
)
def test_an_entry_that_declares_what_does_not_hold_is_told_so(changes, says):
    problems = check_dataset_plugin(dataclasses.replace(INFO, **changes))
    assert says in "\n".join(problems)


def test_a_dataset_in_a_folder_is_asked_for_a_split_that_it_does_not_have(tmp_path):
    def opened(path, split, count):
        if path != tmp_path:
            raise BadInput("give the folder")
        return Plain()

    info = dataclasses.replace(INFO, drawn=False, layout="a.png", open=opened)
    problems = check_dataset_plugin(info, tmp_path)
    assert "must refuse an unknown split with BadInput, but does not" in problems

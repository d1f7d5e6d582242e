"""Where the files of a split are found."""

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.datasets.labelled_folder import Encoding, LabelledFolder
from bench.datasets.layout import find_split, list_scenes
from bench.datasets.published import needs_path
from bench.datasets.spaces import numbered_space


@pytest.fixture
def splits(tmp_path):
    for split in ("train", "val"):
        (tmp_path / split / "images").mkdir(parents=True)
    return tmp_path


def test_a_split_is_found_from_the_root_and_from_itself(splits):
    assert find_split(splits, "train", "val") == splits / "train"
    assert find_split(splits, None, "val") == splits / "val"
    assert find_split(splits / "train", None, "val") == splits / "train"
    assert find_split(splits / "train", "train", "val") == splits / "train"


def test_a_split_that_is_not_there_is_answered_with_those_that_are(splits):
    with pytest.raises(BadInput, match="holds no folder test/images; splits found: train, val"):
        find_split(splits, "test", "val")
    with pytest.raises(BadInput, match=r"holds no folder val/images; it holds images/$"):
        find_split(splits / "train", "val", None)


def test_a_folder_of_another_layout_is_answered_with_what_it_holds(tmp_path):
    for name in ("Images", "Labels"):
        (tmp_path / name).mkdir()
    (tmp_path / ".hidden").touch()
    with pytest.raises(BadInput, match=r"holds no folder images; it holds Images/, Labels/$"):
        find_split(tmp_path, None, None)
    (tmp_path / "Images" / "a.png").touch()
    with pytest.raises(BadInput, match=r"holds no folder images; it holds a\.png$"):
        find_split(tmp_path / "Images", None, None)


def test_files_belong_together_by_stem_whatever_their_endings(written):
    written.image("b", suffix=".jpg")
    written.image("a")
    written.labels("a", np.zeros((2, 2), np.uint8))
    scenes = list_scenes(written.root)
    assert list(scenes) == ["a", "b"]
    assert scenes["b"].image.name == "b.jpg"
    # A label file that is missing is named where it should lie; reading the scene says so.
    assert scenes["b"].labels == written.root / "labels" / "b.png"
    assert scenes["a"].instances is None


def test_two_images_of_one_stem_are_refused(written):
    written.image("a")
    written.image("a", suffix=".jpg")
    (written.root / "labels").mkdir()
    with pytest.raises(BadInput, match="has the same stem"):
        list_scenes(written.root)


def test_an_encoding_says_what_the_files_numbers_mean(written):
    written.image("a", size=(2, 2))
    written.labels("a", np.array([[1, 2], [0, 2]], np.uint8))
    encoding = Encoding(labels=lambda raw: raw - 1)
    dataset = LabelledFolder("mine", numbered_space(2), list_scenes(written.root), encoding)
    labels, instances = dataset.read_planes("a")
    assert labels.tolist() == [[0, 1], [-1, 1]]
    assert instances is None


def test_a_dataset_on_disk_needs_a_path(tmp_path):
    assert needs_path("mine", tmp_path) == tmp_path
    with pytest.raises(BadInput, match="--data mine=PATH"):
        needs_path("mine", None)

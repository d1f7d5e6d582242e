"""Label maps in the colours of ADE20K, of Cityscapes, and of the dataset itself."""

import pytest
import torch

from baselines.pipelines.colours import colour_table, coloured
from bench.core.errors import BadInput
from bench.datasets.spaces import read_space
from tests.baselines.pipelines.edits import SPACE


def test_labels_have_ade20ks_colours_by_their_names():
    # The colours as ADE20K's authors draw them: wall, floor, chair.
    table = colour_table(SPACE, "ade20k", {})
    assert table.tolist() == [[120, 120, 120], [80, 50, 50], [204, 70, 3], [0, 0, 0]]


def test_one_class_may_stand_for_another():
    same = {"floor": "road", "chair": "car", "wall": "building"}
    table = colour_table(SPACE, "cityscapes", same)
    assert table[:3].tolist() == [[70, 70, 70], [128, 64, 128], [0, 0, 142]]


def test_a_dataset_has_colours_of_its_own():
    assert colour_table(SPACE, "dataset", {})[:3].tolist() == [list(c) for c in SPACE.palette]


@pytest.mark.parametrize(
    ("name", "colours"), [("ade20k-150", "ade20k"), ("cityscapes-labelids", "cityscapes")]
)
def test_published_spaces_need_no_words(name, colours):
    space = read_space(name)
    assert colour_table(space, colours, {})[:-1].tolist() == [list(c) for c in space.palette]


def test_void_is_black():
    labels = torch.tensor([[[-1, 2]]])
    image = coloured(labels, colour_table(SPACE, "ade20k", {}))
    assert image.shape == (1, 3, 1, 2)
    assert image[0, :, 0, 0].tolist() == [0, 0, 0]
    torch.testing.assert_close(image[0, :, 0, 1], torch.tensor([204.0, 70, 3]) / 255)


@pytest.mark.parametrize(
    ("colours", "same", "sentence"),
    [
        (
            "cityscapes",
            {},
            "'cityscapes' has no class 'floor', 'chair' of 'a room'; say under `same`",
        ),
        ("ade20k", {"wal": "wall"}, "'a room' has no class: same: 'wal'; did you mean 'wall'"),
        ("ade20k", {"wall": "wal"}, "unknown class of the colour map 'ade20k': same: 'wal'"),
    ],
)
def test_a_colour_map_of_another_label_space_is_refused(colours, same, sentence):
    with pytest.raises(BadInput, match=sentence):
        colour_table(SPACE, colours, same)

"""Prompts made from target classes, and from words of the edit's own."""

import pytest
import torch

from baselines.pipelines.prompts import Prompts
from bench.core.errors import BadInput, EditFailed
from bench.datasets.spaces import numbered_space, read_space
from bench.scene import LabelSpace
from tests.baselines.pipelines.edits import SPACE, batch


def said(template="{classes}", names=None, most=8, **edits):
    return Prompts(template, names or {}, most).of(batch(**edits), 0)


def test_target_classes_come_by_their_pixels_in_the_masked_region():
    # 16x16 pixels are masked: 96 of wall and of chair, 64 of floor.
    assert said("{classes}, photograph") == "wall, chair, floor, photograph"


def test_what_the_mask_does_not_touch_is_not_named():
    labels = torch.zeros(2, 32, 32, dtype=torch.long)
    labels[:, 12:20, 12:20] = 2
    labels[:, 0] = 1
    assert said(labels=labels) == "wall, chair"


def test_void_and_ignored_classes_are_not_named():
    space = LabelSpace("b", SPACE.classes, SPACE.palette, ignored=frozenset({0}))
    labels = torch.full((2, 32, 32), -1)
    labels[:, 12:20] = 0
    labels[:, 16:17] = 1
    assert said(labels=labels, space=space) == "floor"


def test_classes_can_be_called_otherwise_and_left_out():
    assert said(names={"wall": "", "chair": "an old chair"}) == "an old chair, floor"


def test_two_classes_of_one_name_are_named_once():
    assert said(names={"floor": "wall"}) == "wall, chair"


def test_no_more_classes_than_asked_for_are_named():
    assert said(most=1) == "wall"


def test_region_and_operation_are_words_too():
    assert said("{operation}: a {region}") == "inpaint: a chair"


def test_an_edits_own_prompt_goes_before_the_template():
    assert said(prompts=("fog", "rain")) == "fog"
    assert said("{classes} in {prompt}", most=1, prompts=("fog", "rain")) == "wall in fog"


def test_a_template_for_own_prompts_fails_edits_without():
    with pytest.raises(EditFailed, match="prompt: the edit has none of its own"):
        said("{prompt}")


@pytest.mark.parametrize(
    ("template", "most", "sentence"),
    [
        ("{clases}", 8, "unknown field of .* 'clases'; did you mean 'classes'"),
        ("{classes", 8, "prompt: '{classes': .* write {{ for a brace"),
        ("{classes}", 0, "most: must be at least 1"),
    ],
)
def test_a_wrong_template_is_refused(template, most, sentence):
    with pytest.raises(BadInput, match=sentence):
        Prompts(template, {}, most)


def test_classes_without_names_are_refused_unless_the_prompt_needs_none():
    numbered = numbered_space(2)
    with pytest.raises(
        BadInput, match="class 'class 0' of 'numbered-2' has no name for the prompt"
    ):
        Prompts("{classes}", {}, 8).check(numbered)
    Prompts("an empty room", {}, 8).check(numbered)
    Prompts("{classes}", {"class 0": "wall", "class 1": "floor"}, 8).check(numbered)
    Prompts("{classes}", {}, 8).check(read_space("ade20k-150"))


def test_a_name_for_a_class_that_is_not_there_is_refused():
    with pytest.raises(BadInput, match="'a room' has no class: names: 'wal'; did you mean 'wall'"):
        Prompts("{classes}", {"wal": "wall"}, 8).check(SPACE)

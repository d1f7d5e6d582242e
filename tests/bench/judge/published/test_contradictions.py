"""Published numbers that contradict each other are brought together."""

import pytest

from bench.judge.published.contradictions import contradictions

FOUND = {(one.dataset, one.task, one.method, one.metric): one for one in contradictions()}
SYNTHESIS = "label-to-image synthesis"


@pytest.mark.parametrize(
    ("quantity", "values"),
    [
        # SPADE's table against its text.
        (("COCO-Stuff", SYNTHESIS, "SPADE", "mIoU"), {37.4, 35.2}),
        # Users with the released model.
        (("Cityscapes", SYNTHESIS, "SPADE", "FID"), {71.8, 63.36, 63.0}),
        # A misprint and its correction, of two metrics' names.
        (("not stated in the correction", "object removal", "SESAME", "SSIM"), {0.597, 0.797}),
        # Void counted as wrong, or left out.
        (("Cityscapes", SYNTHESIS, "TSIT", "accuracy"), {82.7, 94.4}),
        # Another segmenter, another name of the task.
        (("COCO-Stuff", SYNTHESIS, "OASIS", "mIoU"), {44.1, 52.1}),
    ],
)
def test_values_of_one_quantity_meet_whatever_their_sources_call_it(quantity, values):
    assert {one.value for one in FOUND[quantity].values} == values


def test_what_sources_agree_on_is_not_listed():
    # SPMPGAN's article and SIEDOB's digest both have 18.83.
    assert ("ADE20K-Room", "free-form editing", "SPMPGAN", "FID") not in FOUND
    # SPADE in SEAN's table is given the image, another task than in its own: 56.01 against 62.3.
    values = {one.value for one in FOUND["Cityscapes", SYNTHESIS, "SPADE", "mIoU"].values}
    assert values == {62.3, 62.2}


def test_a_released_model_whose_papers_value_is_in_its_note_is_listed():
    (one,) = FOUND["Places", "inpainting, large masks", "MAT", "FID"].values
    assert one.value == 3.03
    assert "1.96 in the paper" in one.note

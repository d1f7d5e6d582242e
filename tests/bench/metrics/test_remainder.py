"""What is left of a removed object, as a segmenter sees it and as the true answer tells."""

import math

import numpy as np
import pandas as pd
import pytest

from bench.metrics import References
from bench.metrics.remainder import Remainder, Removed, removed
from bench.networks.segmenters import Segmenter
from bench.scene import LabelSpace

SPACE = LabelSpace("made", ("wall", "chair", "lamp"), ((0,) * 3, (1,) * 3, (2,) * 3))
WALL, CHAIR, LAMP = 0, 1, 2


class ByRed(Segmenter):
    """Calls a pixel by its red value: 0 wall, 1 chair, and so on."""

    name = "by red"
    space = SPACE

    def __init__(self):
        self.looked = 0

    def segment(self, images):
        self.looked += len(images)
        return images[..., 0].astype(np.int32)

    def identity(self):
        return {"segmenter": "by red"}


def painted(*rows):
    """10 x 10 pixels; row by row the class that the segmenter shall see."""
    image = np.zeros((10, 10, 3), np.uint8)
    image[..., 0] = np.array(rows, np.uint8)[:, None]
    return image


def references(targets, truth, region="chair"):
    """One edit whose five upper rows are masked."""
    mask = np.zeros((1, 10, 10), bool)
    mask[:, :5] = True
    return References(
        images=painted(*[CHAIR] * 5, *[WALL] * 5)[None],
        mask=mask,
        labels=np.array(targets, np.int32)[None, :, None].repeat(10, axis=2),
        space=SPACE,
        scenes=("a",),
        edits=("a",),
        regions=(region,),
        truths=(truth,),
    )


def columns(side, result, metric=None):
    metric = metric or Remainder(ByRed())
    found = metric.measure(side, metric.prepare(side), result[None])
    return {name: values[0] for name, values in found.items()}


def test_it_is_the_share_of_the_region_that_still_has_the_removed_class():
    result = painted(CHAIR, CHAIR, LAMP, WALL, WALL, *[WALL] * 5)
    assert columns(references([WALL] * 10, None), result) == {
        "remainder": pytest.approx(2 / 5),
        "remainder-edits": 1.0,
    }


def test_the_known_pixels_do_not_count():
    result = painted(*[WALL] * 5, *[CHAIR] * 5)
    assert columns(references([WALL] * 10, None), result)["remainder"] == 0


def test_pixels_where_the_target_is_of_the_removed_class_do_not_count():
    side = references([CHAIR, CHAIR, *[WALL] * 8], None)
    result = painted(CHAIR, CHAIR, CHAIR, WALL, WALL, *[WALL] * 5)
    assert columns(side, result)["remainder"] == pytest.approx(1 / 3)


def test_what_the_segmenter_says_of_the_true_answer_is_subtracted():
    truth = painted(CHAIR, *[WALL] * 9)
    side = references([WALL] * 10, truth)
    assert columns(side, truth)["remainder"] == 0
    assert columns(side, painted(*[CHAIR] * 5, *[WALL] * 5))["remainder"] == pytest.approx(4 / 5)
    assert columns(side, painted(*[WALL] * 10))["remainder"] == pytest.approx(-1 / 5)


def test_an_edit_counts_as_one_with_a_remainder_above_the_threshold():
    side = references([WALL] * 10, None)
    result = painted(CHAIR, *[WALL] * 9)
    assert columns(side, result, Remainder(ByRed(), least=0.2))["remainder-edits"] == 0
    assert columns(side, result, Remainder(ByRed(), least=0.19))["remainder-edits"] == 1


def test_a_share_of_edits_is_not_below_0_though_the_share_of_pixels_may_be():
    table = pd.DataFrame({"edit": list("abcd"), "scene": list("abcd")})
    found = table.assign(**{"remainder": [-0.5, 0.1, 0.2, 0.1], "remainder-edits": [0.0, 0, 1, 0]})
    pixels, edits = Remainder(ByRed()).summarise(found, table)
    assert pixels.low < 0
    assert (edits.value, edits.low, edits.high) == (0.25, 0.0, 1.0)


def test_a_class_that_the_segmenter_does_not_know_has_no_value():
    found = columns(references([WALL] * 10, None, region=None), painted(*[WALL] * 10))
    assert all(math.isnan(value) for value in found.values())


def test_an_edit_whose_whole_target_is_of_the_removed_class_has_no_value():
    found = columns(references([CHAIR] * 10, None), painted(*[WALL] * 10))
    assert all(math.isnan(value) for value in found.values())


def test_a_true_answer_is_segmented_once_and_then_found_in_the_cache(tmp_path):
    side = references([WALL] * 10, painted(*[WALL] * 10))
    network = ByRed()
    Remainder(network, tmp_path).prepare(side)
    assert network.looked == 1
    Remainder(network, tmp_path).prepare(side)
    assert network.looked == 1


def test_the_definition_has_the_threshold_and_the_segmenter():
    record = Remainder(ByRed(), least=0.1).definition()
    assert record["least"] == 0.1
    assert record["segmenter"] == {"segmenter": "by red"}


def grey(value, side=8):
    return np.full((side, side, 3), value, np.uint8)


WHOLE = np.ones((8, 8), bool)


def test_the_true_answer_is_removed_and_the_untouched_object_is_not():
    assert removed(grey(200), grey(100), grey(100), WHOLE) == 1
    assert removed(grey(200), grey(100), grey(200), WHOLE) == 0


def test_a_pixel_as_near_to_both_counts_half():
    assert removed(grey(200), grey(100), grey(150), WHOLE) == 0.5


def test_the_share_is_of_the_pixels_that_the_object_changed():
    before, answer = grey(200), grey(200)
    answer[:2] = 100
    result = grey(0)
    result[0] = 190
    # 16 pixels differ; the first row stays near to the object, the second is nearer to the answer.
    assert removed(before, answer, result, WHOLE) == 0.5
    upper = np.zeros((8, 8), bool)
    upper[0] = True
    assert removed(before, answer, result, upper) == 0


def test_an_object_that_changed_nothing_has_no_value():
    assert math.isnan(removed(grey(9), grey(9), grey(9), WHOLE))


def test_without_a_true_answer_there_is_no_value():
    side = references([WALL] * 10, None)
    metric = Removed()
    (value,) = metric.measure(side, metric.prepare(side), painted(*[WALL] * 10)[None])["removed"]
    assert math.isnan(value)


def test_the_metric_compares_with_the_images_before_the_edit_and_the_answers():
    side = references([WALL] * 10, painted(*[WALL] * 10))
    metric = Removed()
    result = painted(*[WALL] * 3, *[CHAIR] * 2, *[WALL] * 5)
    (value,) = metric.measure(side, metric.prepare(side), result[None])["removed"]
    assert value == pytest.approx(3 / 5)

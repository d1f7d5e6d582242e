"""The style distance is what its formulas say, and true drawings are within their own grain of 0."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import linalg

from bench.datasets import Fit, open_dataset
from bench.edit import KnownStyle
from bench.metrics import References
from bench.metrics.style import (
    LAGS,
    Palette,
    StyleDistance,
    palette_distance,
    palette_of,
    semivariogram,
)
from bench.scene import LabelSpace

SPACE = LabelSpace("two", ("sky", "sea"), ((0, 0, 0), (9, 9, 9)))


def flat(*colour, side=16):
    return np.broadcast_to(np.array(colour, np.uint8), (side, side, 3)).copy()


def known(image, grain=None, labels=None):
    """The style of an image without grain, or with the grain that is given."""
    plain = np.zeros(image.shape[:2], np.float32)
    style = KnownStyle(
        image.astype(np.float32),
        plain if grain is None else grain.astype(np.float32),
        plain.astype(np.int32) if labels is None else labels,
    )
    return lambda: style


def columns(style, result, mask=None):
    """What the metric says of one result."""
    size = result.shape[:2]
    references = References(
        images=result[None],
        mask=np.ones((1, *size), bool) if mask is None else mask[None],
        labels=np.zeros((1, *size), np.int32),
        space=SPACE,
        scenes=("a",),
        edits=("a",),
        styles=(style,),
    )
    metric = StyleDistance()
    found = metric.measure(references, metric.prepare(references), result[None])
    return {name: values[0] for name, values in found.items()}


def test_palettes_that_differ_in_their_means_are_as_far_apart_as_their_means():
    colours = np.random.default_rng(0).normal(100, 20, (500, 3))
    moved = colours + np.array([3.0, 4.0, 12.0])
    assert palette_distance(palette_of(colours), palette_of(moved)) == pytest.approx(
        13 / math.sqrt(3)
    )


def test_a_palette_that_is_wider_by_a_factor_is_off_by_that_share_of_its_spread():
    colours = np.random.default_rng(1).normal(100, 20, (500, 3))
    wider = colours.mean(axis=0) + 1.5 * (colours - colours.mean(axis=0))
    spread = math.sqrt(colours.var(axis=0).mean())
    found = palette_distance(palette_of(colours), palette_of(wider))
    assert found == pytest.approx(0.5 * spread)


def test_the_distance_of_any_two_palettes_is_frechets_with_scipys_matrix_root():
    draw = np.random.default_rng(2)
    one, two = (draw.normal(size=(40, 3)) @ draw.normal(size=(3, 3)) * 9 for _ in range(2))
    a, b = np.cov(one.T, bias=True), np.cov(two.T, bias=True)
    gap = one.mean(axis=0) - two.mean(axis=0)
    squared = gap @ gap + np.trace(a + b - 2 * np.real(linalg.sqrtm(a @ b)))
    assert palette_distance(palette_of(one), palette_of(two)) == pytest.approx(
        math.sqrt(squared / 3)
    )


def test_two_palettes_of_one_colour_each_have_no_spread():
    one, two = (Palette(np.full(3, float(v)), np.zeros((3, 3))) for v in (10, 40))
    assert palette_distance(one, two) == pytest.approx(30)


def test_a_ramp_has_the_semivariogram_of_its_slope():
    ramp = np.arange(32.0)[None, :].repeat(32, axis=0) * 3
    whole = np.ones((32, 32), bool)
    # Half the pairs lie across, 3 * lag apart; those below one another are equal.
    assert semivariogram(ramp, whole) == pytest.approx([0.25 * (3 * lag) ** 2 for lag in LAGS])


def test_independent_pixels_have_their_variance_at_every_lag():
    noise = np.random.default_rng(3).normal(0, 5, (256, 256, 3))
    assert semivariogram(noise, np.ones((256, 256), bool)) == pytest.approx([25] * 3, rel=0.02)


def test_only_pairs_inside_the_region_count():
    image = np.zeros((8, 8))
    image[:, 4:] = 100
    left = np.zeros((8, 8), bool)
    left[:, :4] = True
    assert semivariogram(image, left)[0] == 0
    assert semivariogram(image, np.ones((8, 8), bool))[0] > 0
    alone = np.zeros((8, 8), bool)
    alone[3, 3] = True
    assert np.isnan(semivariogram(image, alone)).all()


def test_the_true_image_without_grain_is_at_0():
    image = np.random.default_rng(4).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert columns(known(image), image) == pytest.approx(
        {"style": 0, "style-palette": 0, "style-texture": 0}, abs=1e-5
    )


def test_a_wrong_palette_is_as_far_as_its_colour_and_leaves_the_texture():
    found = columns(known(flat(100, 120, 140)), flat(103, 124, 152))
    assert found["style-palette"] == pytest.approx(13 / math.sqrt(3))
    assert found["style-texture"] == 0
    assert found["style"] == found["style-palette"]


def test_a_missing_texture_is_as_far_as_its_contrast():
    stripes = flat(100, 100, 100)
    stripes[:, ::2] = 110
    found = columns(known(stripes), flat(105, 105, 105))
    # At lag 1 the pairs across differ by 10 and those down by 0; at 2 and 4 there is no difference.
    assert found["style-texture"] == pytest.approx(math.sqrt(0.5 * 0.5 * 100) / 3)
    # The spread of the stripes is missing: 5 grey levels in every channel.
    assert found["style-palette"] == pytest.approx(5)
    assert found["style"] == pytest.approx(math.hypot(5, 5 / 3))


def test_a_texture_of_another_coarseness_is_told_apart():
    fine, coarse = flat(100, 100, 100), flat(100, 100, 100)
    fine[:, np.arange(16) % 2 == 0] = 110
    coarse[:, np.arange(16) % 8 < 4] = 110
    found = columns(known(fine), coarse)
    assert found["style-palette"] == pytest.approx(0, abs=1e-5)
    assert found["style-texture"] > 2


def test_the_same_texture_elsewhere_has_the_same_style():
    stripes = flat(100, 100, 100)
    stripes[:, ::2] = 110
    assert columns(known(stripes), stripes[:, ::-1])["style"] == pytest.approx(0, abs=1e-5)


def test_classes_are_judged_apart_and_weighed_by_their_pixels():
    image, labels = flat(100, 100, 100), np.zeros((16, 16), np.int32)
    image[12:], labels[12:] = 200, 1
    swapped = flat(200, 200, 200)
    swapped[12:] = 100
    mask = np.ones((16, 16), bool)
    # As sets of colours both differ little; class by class everything is 100 off.
    assert columns(known(image, labels=labels), swapped, mask)["style-palette"] == pytest.approx(
        100
    )
    half = image.copy()
    half[12:] = 180
    found = columns(known(image, labels=labels), half, mask)
    assert found["style-palette"] == pytest.approx(20 * 4 / 16)


def test_an_image_without_the_known_grain_is_off_by_the_grain():
    grain = np.random.default_rng(5).normal(0, 4, (64, 64))
    found = columns(known(flat(100, 100, 100, side=64), grain), flat(100, 100, 100, side=64))
    assert found["style-palette"] == pytest.approx(4, rel=0.05)
    assert found["style-texture"] == pytest.approx(4, rel=0.05)


def test_only_the_masked_region_counts():
    mask = np.zeros((16, 16), bool)
    mask[4:12, 4:12] = True
    result = flat(100, 100, 100)
    result[~mask] = 0
    assert columns(known(flat(100, 100, 100)), result, mask)["style"] == 0


def test_where_the_style_is_not_known_there_is_no_value():
    assert all(math.isnan(value) for value in columns(None, flat(1, 2, 3)).values())


@pytest.mark.parametrize("domain", ["rooms", "streets", "landscapes", "faces"])
def test_true_drawings_score_no_more_than_their_own_grain_and_others_far_more(domain):
    data, fit = open_dataset(f"procedural-{domain}", None, count=9), Fit((64, 64))
    scenes = [data.read(name, fit) for name in data.ids]
    mask = np.zeros((64, 64), bool)
    mask[20:52, 12:44] = True
    metric = StyleDistance()
    references = References(
        images=np.stack([one.image for one in scenes]),
        mask=np.stack([mask] * 9),
        labels=np.stack([one.labels for one in scenes]),
        space=data.space,
        scenes=data.ids,
        edits=data.ids,
        styles=tuple(lambda name=name: data.read_style(name, fit) for name in data.ids),
    )
    prepared = metric.prepare(references)
    own = np.array(prepared.columns["style"])
    assert (own < 1.5).all()
    others = metric.measure(references, prepared, np.roll(references.images, 1, axis=0))
    assert (np.array(others["style"]) > 5 * own).all()
    table = pd.DataFrame({"scene": data.ids, **prepared.columns})
    floor = metric.summarise_references(table)
    assert [one.metric for one in floor] == ["style", "style-palette", "style-texture"]
    assert floor[0].value == pytest.approx(own.mean())
    assert floor[0].low < own.mean() < floor[0].high

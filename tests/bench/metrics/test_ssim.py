"""The three SSIM definitions against scikit-image."""

import math

import numpy as np
import pytest
from skimage.color import rgb2gray
from skimage.metrics import structural_similarity

from bench.metrics.metric import References
from bench.metrics.ssim import SSIM, SSIMSean, SSIMSesame
from bench.scene import LabelSpace


def pair(seed=0, size=(40, 56)):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 256, (*size, 3), dtype=np.uint8)
    noise = draw.integers(-60, 61, truth.shape)
    return truth, np.clip(truth + noise, 0, 255).astype(np.uint8)


def references(truth, mask):
    return References(
        images=truth[None],
        mask=mask[None],
        labels=np.zeros((1, *mask.shape), np.int32),
        space=LabelSpace("one", ("thing",), ((0, 0, 0),)),
        scenes=("a",),
        edits=("a-0",),
    )


def measured(metric, truth, result, mask):
    given = references(truth, mask)
    columns = metric.measure(given, metric.prepare(given), result[None])
    return {name: column[0] for name, column in columns.items()}


@pytest.fixture
def hole():
    mask = np.zeros((40, 56), bool)
    mask[10:30, :20] = True
    return mask


WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}


def test_ssim_on_luma_equals_skimage(hole):
    truth, result = pair()
    luma = [image @ np.array([0.299, 0.587, 0.114]) for image in (truth, result)]
    value, full = structural_similarity(*luma, full=True, **WANG)
    got = measured(SSIM(), truth, result, hole)
    assert got["ssim"] == pytest.approx(value, abs=1e-12)
    assert got["ssim-hole"] == pytest.approx(full[hole].mean(), abs=1e-12)


def test_ssim_on_rgb_equals_skimage(hole):
    truth, result = pair(1)
    value = structural_similarity(truth, result, channel_axis=2, **WANG)
    assert measured(SSIM(planes="rgb"), truth, result, hole)["ssim"] == pytest.approx(
        value, abs=1e-12
    )


def test_sesames_ssim_is_the_mean_of_the_grey_map_in_the_hole(hole):
    truth, result = pair(2)
    grey = [rgb2gray(image / 127.5 - 1) for image in (truth, result)]
    _, full = structural_similarity(*grey, full=True, data_range=2)
    got = measured(SSIMSesame(), truth, result, hole)
    assert got == {"ssim-sesame": pytest.approx(full[hole].mean(), abs=1e-6)}


def test_seans_ssim_has_a_data_range_of_two(hole):
    truth, result = pair(3)
    value = structural_similarity(truth / 255, result / 255, channel_axis=2, data_range=2)
    assert measured(SSIMSean(), truth, result, hole) == {
        "ssim-sean": pytest.approx(value, abs=1e-12)
    }


def test_identical_and_constant_images_are_perfectly_similar(hole):
    grey = np.full((40, 56, 3), 77, np.uint8)
    for metric in (SSIM(), SSIMSesame(), SSIMSean()):
        assert all(
            value == pytest.approx(1) for value in measured(metric, grey, grey, hole).values()
        )


def test_a_image_smaller_than_the_window_has_no_value():
    truth, result = pair(4, size=(8, 8))
    got = measured(SSIM(), truth, result, np.zeros((8, 8), bool))
    assert math.isnan(got["ssim"])
    assert math.isnan(got["ssim-hole"])

"""PSNR, RMSE and L1 against scikit-image and closed forms."""

import math

import numpy as np
import pytest
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio

from bench.metrics.pixel import l1, psnr, rmse


def pair(seed=0, size=(32, 48)):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 256, (*size, 3), dtype=np.uint8)
    noise = draw.integers(-20, 21, truth.shape)
    return truth, np.clip(truth + noise, 0, 255).astype(np.uint8)


def test_psnr_equals_skimage():
    truth, result = pair()
    assert psnr(truth, result) == pytest.approx(
        peak_signal_noise_ratio(truth, result, data_range=255), rel=1e-12
    )


def test_rmse_is_the_root_of_skimages_mse():
    truth, result = pair(1)
    assert rmse(truth, result) == pytest.approx(math.sqrt(mean_squared_error(truth, result)))


def test_one_grey_level_everywhere_is_one():
    truth = np.full((8, 8, 3), 100, np.uint8)
    assert l1(truth, truth + 1) == 1
    assert rmse(truth, truth + 1) == 1
    assert psnr(truth, truth + 1) == pytest.approx(20 * math.log10(255))


def test_black_against_white_is_the_whole_range():
    black = np.zeros((8, 8, 3), np.uint8)
    white = np.full((8, 8, 3), 255, np.uint8)
    assert l1(white, black) == rmse(black, white) == 255
    assert psnr(black, white) == 0


def test_identical_images_have_infinite_psnr():
    truth, _ = pair()
    assert psnr(truth, truth) == math.inf


def test_the_masked_region_counts_only_its_own_pixels():
    truth, _ = pair()
    result = truth.copy()
    mask = np.zeros(truth.shape[:2], bool)
    mask[4:8, 4:12] = True
    result[mask] = truth[mask] ^ 1
    assert l1(truth, result, mask) == 1
    assert l1(truth, result) == pytest.approx(mask.mean())


def test_an_empty_masked_region_has_no_value():
    truth, result = pair()
    nothing = np.zeros(truth.shape[:2], bool)
    assert all(math.isnan(value(truth, result, nothing)) for value in (psnr, rmse, l1))

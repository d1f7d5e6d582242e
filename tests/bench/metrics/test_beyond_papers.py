"""Leak, seam and diversity: what an edit needs beyond the papers."""

import math

import numpy as np
import pandas as pd
import pytest

from bench.metrics import Context, make_metric
from bench.metrics.diversity import Diversity
from bench.metrics.leak import leak
from bench.metrics.seam import ring_jump, seam
from bench.networks.perceptual import LPIPSNetwork
from bench.networks.weights import find


@pytest.fixture
def hole():
    mask = np.zeros((8, 10), bool)
    mask[2:5, 3:7] = True
    return mask


def test_leak_is_the_mean_change_of_known_pixels(hole):
    original = np.full((8, 10, 3), 100, np.uint8)
    raw = np.where(hole[..., None], 0, 103).astype(np.float32)
    assert leak(original, raw.repeat(3, axis=2), hole) == 3


def test_leak_counts_what_a_written_image_would_show(hole):
    white = np.full((8, 10, 3), 255, np.uint8)
    assert leak(white, np.full((8, 10, 3), 300, np.float32), hole) == 0


def test_an_edit_of_the_whole_image_cannot_leak():
    original = np.zeros((4, 4, 3), np.uint8)
    assert math.isnan(leak(original, original.astype(np.float32), np.ones((4, 4), bool)))


def test_leak_is_observed_in_a_run_and_absent_from_finished_images(make_references, hole):
    metric = make_metric("leak")
    references = make_references(np.zeros((2, 8, 10, 3), np.uint8), mask=np.stack([hole, hole]))
    columns = metric.observe(references, np.full((2, 8, 10, 3), 5, np.float32))
    assert columns == {"leak": [5.0, 5.0]}
    names = {"edit": references.edits, "scene": references.scenes}
    (score,) = metric.summarise(pd.DataFrame({**names, **columns}), pd.DataFrame(names))
    assert (score.value, score.low, score.high) == (5, 5, 5)
    (score,) = metric.summarise(pd.DataFrame(names), pd.DataFrame(names))
    assert score.value is None
    assert "before compositing" in score.reason


def test_the_ring_is_made_of_the_pairs_across_the_border(hole):
    image = np.zeros((8, 10, 3), np.uint8)
    image[hole] = 30
    assert ring_jump(image, hole) == 30
    image[0, 0] = 255  # far from the border
    assert ring_jump(image, hole) == 30


def test_a_perfect_result_has_no_seam_and_a_flat_patch_has_one(hole):
    ramp = np.arange(10, dtype=np.uint8)[None, :, None].repeat(8, axis=0).repeat(3, axis=2)
    assert seam(ramp, ramp, hole) == 0
    patched = ramp.copy()
    patched[hole] = 200
    assert seam(ramp, patched, hole) > 100


def test_a_result_smoother_than_the_original_is_below_zero(hole):
    original = np.zeros((8, 10, 3), np.uint8)
    original[hole] = 90
    assert seam(original, np.zeros_like(original), hole) == -90


def test_a_masked_region_without_a_border_has_no_seam():
    image = np.zeros((4, 4, 3), np.uint8)
    assert math.isnan(seam(image, image, np.ones((4, 4), bool)))


def test_diversity_is_the_mean_distance_between_results_of_one_edit(
    make_references, random_weights
):
    metric = make_metric("diversity", {}, Context(weights=(random_weights("alexnet"),)))
    draw = np.random.default_rng(0)
    results = draw.integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
    references = make_references(np.zeros_like(results), scenes=["a", "a", "a", "b"])
    found = metric.measure(references, metric.prepare(references), results)["diversity"]
    assert isinstance(metric, Diversity)
    network = LPIPSNetwork("alex", find("alexnet", [random_weights("alexnet")]))
    one, two, three, _ = network.features(results)
    pairs = [network.distance(*pair) for pair in ((one, two), (one, three), (two, three))]
    assert np.mean(found[:3]) == pytest.approx(np.mean(pairs))
    assert found[0] == pytest.approx((pairs[0] + pairs[1]) / 2)
    assert math.isnan(found[3])  # the only result of its edit


def test_results_with_other_masks_are_other_edits(make_references, random_weights):
    metric = make_metric("diversity", {}, Context(weights=(random_weights("alexnet"),)))
    masks = np.zeros((2, 64, 64), bool)
    masks[0, :32] = masks[1, 32:] = True
    images = np.zeros((2, 64, 64, 3), np.uint8)
    references = make_references(images, mask=masks, scenes=["a", "a"])
    found = metric.measure(references, metric.prepare(references), images)["diversity"]
    assert all(math.isnan(value) for value in found)


def test_the_same_result_every_time_has_no_diversity(make_references, random_weights):
    metric = make_metric("diversity", {}, Context(weights=(random_weights("alexnet"),)))
    images = np.full((2, 64, 64, 3), 90, np.uint8)
    references = make_references(images, scenes=["a", "a"])
    found = metric.measure(references, metric.prepare(references), images)["diversity"]
    assert found == [0, 0]

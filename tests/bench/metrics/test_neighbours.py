"""Precision, recall, density and coverage equal the package of Naeem et al."""

import math

import numpy as np
import pandas as pd
import pytest

from bench.metrics import Context, make_metric
from bench.metrics.neighbours import Neighbourhoods, Neighbours
from bench.networks.feature_network import RememberedNetwork

SIDE = 4


class FirstColumn:
    """Features that a test can choose: the image's own first pixels."""

    name = "first"

    def features(self, images):
        return images[:, :, 0].reshape(len(images), -1).astype(np.float32)

    def identity(self):
        return {"network": "first column"}


@pytest.fixture
def metric():
    return Neighbours(RememberedNetwork(FirstColumn(), "cpu"), k=3)


def draw(count, seed=0, width=6):
    rng = np.random.default_rng(seed)
    real = rng.normal(size=(count, width))
    return real, 0.3 * real + 0.9 * rng.normal(size=(count, width)) + 0.5


def scored(metric, make_references, real, fake, scenes=None):
    references = make_references(real, scenes=scenes)
    prepared = metric.prepare(references)
    rows = {"edit": references.edits, "scene": references.scenes}
    samples = pd.DataFrame({**rows, **metric.measure(references, prepared, fake)})
    return metric.summarise(samples, pd.DataFrame({**rows, **prepared.columns}))


def images(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("counts", [(60, 60), (60, 41)])
def test_the_four_scores_equal_prdcs(k, counts):
    prdc = pytest.importorskip("prdc", reason="prdc is not installed")
    real, fake = draw(60)
    theirs = prdc.compute_prdc(real, fake[: counts[1]], nearest_k=k)
    ours = Neighbourhoods.of(real, fake[: counts[1]], k).scores()
    assert ours == pytest.approx(
        [theirs[name] for name in ("precision", "recall", "density", "coverage")], abs=1e-12
    )


def test_equal_sets_have_the_values_of_the_definition():
    points = np.arange(10.0)[:, None]
    # Open balls of radius 1 around points 1 apart hold their own centre alone; at both ends too.
    assert Neighbourhoods.of(points, points, 1).scores().tolist() == [1, 1, 1, 1]


def test_without_a_scene_they_are_what_they_would_be_of_the_others():
    real, fake = draw(40, seed=3)
    codes = np.sort(np.random.default_rng(1).integers(0, 12, 40))
    codes = np.unique(codes, return_inverse=True)[1]
    found = Neighbourhoods.of(real, fake, 3).without(codes)
    for scene in range(codes.max() + 1):
        rest = codes != scene
        anew = Neighbourhoods.of(real[rest], fake[rest], 3).scores()
        assert found[scene] == pytest.approx(anew, abs=1e-12)


def test_a_scene_that_holds_nearly_all_leaves_no_value_without_it():
    real, fake = draw(8)
    found = Neighbourhoods.of(real, fake, 3).without(np.array([0, 0, 0, 0, 0, 0, 1, 2]))
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1:]).all()


def test_without_a_value_for_the_other_scenes_the_reason_is_that(metric, make_references):
    for score in scored(metric, make_references, images(4), images(4, seed=1)):  # k is 3
        assert (score.low, score.clusters) == (None, 4)
        assert score.reason == "no interval: without one of its scenes there is no value"


def test_scores_are_named_for_their_network_and_have_intervals(metric, make_references):
    scores = scored(metric, make_references, images(12), images(12, seed=1))
    names = ["precision-first", "recall-first", "density-first", "coverage-first"]
    assert [score.metric for score in scores] == names
    for score in scores:
        assert score.n == 12
        assert (score.low is None) == bool(score.reason)
        assert score.low is None or score.low <= score.value <= score.high


def test_a_share_that_no_scene_moves_has_no_interval(metric, make_references):
    same = images(12)
    first = scored(metric, make_references, same, same)[0]
    assert (first.value, first.low) == (1.0, None)
    assert first.reason == "no interval: no scene alone moves it"


def test_fewer_images_than_neighbours_have_a_reason(metric, make_references):
    scores = scored(metric, make_references, images(3), images(3, seed=1))
    assert {score.value for score in scores} == {None}
    assert "takes 4 on each side" in scores[0].reason


def test_sets_of_other_sizes_have_no_interval(metric):
    real, fake = draw(20)
    scores = metric.unpaired(real.astype(np.float32), fake[:9].astype(np.float32))
    assert all(score.low is None and math.isfinite(score.value) for score in scores)


def test_weights_that_are_not_the_official_file_say_so_in_the_name(random_weights):
    context = Context(weights=(random_weights("inception-fid"),), cache=None)
    metric = make_metric("prdc", {"k": 3}, context)
    assert metric.score_names[0] == "precision-inception-unofficial"

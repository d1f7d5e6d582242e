"""P-IDS and U-IDS equal scikit-learn's linear SVM."""

import numpy as np
import pandas as pd
import pytest

from bench.metrics.discrimination import Discrimination, decisions
from bench.networks.feature_network import RememberedNetwork
from bench.run.canaries.images import MEAN_COLOUR, ORIGINAL
from bench.run.canaries.notices import order_notices


class Means:
    name = "means"

    def features(self, images):
        return images.reshape(len(images), -1, 3).mean(axis=1).astype(np.float32)

    def identity(self):
        return {"network": "means"}


@pytest.fixture
def metric():
    return Discrimination(RememberedNetwork(Means(), "cpu"))


def sets(count, width, shift, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, width)), rng.normal(size=(count, width)) + shift


@pytest.mark.parametrize(
    ("count", "width", "shift"), [(80, 5, 0.3), (30, 200, 0.05), (50, 8, 3.0), (25, 25, 0.0)]
)
def test_the_classifier_equals_scikit_learns(count, width, shift):
    svm = pytest.importorskip("sklearn.svm", reason="scikit-learn is not installed")
    real, fake = sets(count, width, shift)
    theirs = svm.LinearSVC(dual=False, tol=1e-10, max_iter=100_000)
    theirs.fit(np.concatenate([real, fake]), np.repeat([1, 0], count))
    near, far = decisions(real, fake)
    assert near == pytest.approx(theirs.decision_function(real), abs=1e-4)
    assert far == pytest.approx(theirs.decision_function(fake), abs=1e-4)


def test_sets_far_apart_are_told_apart(metric):
    real, fake = (side.astype(np.float32) for side in sets(40, 3, 9.0))
    assert [score.value for score in metric.unpaired(real, fake)] == [None, 0.0]


def test_equal_sets_leave_half_to_chance(metric):
    real, _ = (side.astype(np.float32) for side in sets(40, 3, 0.0))
    # Every vector stands on both sides: whatever is said of it is wrong once.
    assert metric.unpaired(real, real)[1].value == 0.5


def test_unchanged_images_are_ties_and_cast_no_doubt_on_the_metric(metric, make_references):
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
    references = make_references(images)
    prepared = metric.prepare(references)
    rows = {"edit": references.edits, "scene": references.scenes}
    side = pd.DataFrame({**rows, **prepared.columns})

    def scores(results):
        samples = pd.DataFrame({**rows, **metric.measure(references, prepared, results)})
        return {one.metric: one for one in metric.summarise(samples, side)}

    grey = np.full_like(images, 128)
    found = {
        (name, canary): score
        for canary, results in ((ORIGINAL, images), (MEAN_COLOUR, grey))
        for name, score in scores(results).items()
    }
    assert found["p-ids-means", ORIGINAL].value == 0
    assert found["u-ids-means", ORIGINAL].value == 0.5
    assert order_notices("rooms", [metric], found) == []


def test_pairs_count_for_p_ids_and_say_why_there_is_no_interval(metric, make_references):
    rng = np.random.default_rng(0)
    real, fake = rng.integers(0, 256, (2, 20, 4, 4, 3), dtype=np.uint8)
    references = make_references(real)
    prepared = metric.prepare(references)
    rows = {"edit": references.edits, "scene": references.scenes}
    samples = pd.DataFrame({**rows, **metric.measure(references, prepared, fake)})
    paired, unpaired = metric.summarise(samples, pd.DataFrame({**rows, **prepared.columns}))
    near, far = decisions(*(Means().features(side) for side in (real, fake)))
    assert paired.value == np.mean([two > one for one, two in zip(near, far)])
    assert unpaired.value == np.mean([*(near <= 0), *(far > 0)])
    assert (
        paired.reason == unpaired.reason == "no interval: the classifier is fitted to the whole set"
    )

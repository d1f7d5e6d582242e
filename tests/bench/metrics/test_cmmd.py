"""The Gaussian kernel distance: closed forms, and what it is called."""

import math

import numpy as np
import pytest

from bench.metrics.cmmd import GaussianKernelDistance, gaussian_distance
from bench.networks.feature_network import RememberedNetwork


class Nothing:
    name = "nothing"

    def features(self, images):
        raise AssertionError

    def identity(self):
        return {"network": "nothing"}


@pytest.fixture
def metric():
    return GaussianKernelDistance("mmd-nothing", "", RememberedNetwork(Nothing(), "cpu"))


def test_two_points_have_the_closed_form():
    one, two = np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])
    assert gaussian_distance(one, two) == pytest.approx(2000 * (1 - math.exp(-25 / 200)))


def test_scikit_learns_kernel_gives_the_same():
    pairwise = pytest.importorskip("sklearn.metrics.pairwise", reason="no scikit-learn")
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(30, 7)), rng.normal(size=(20, 7)) + 1
    within, other, across = (
        pairwise.rbf_kernel(a, b, gamma=1 / 200).mean()
        for a, b in ((real, real), (fake, fake), (real, fake))
    )
    assert gaussian_distance(real, fake) == pytest.approx(1000 * (within + other - 2 * across))


def test_without_a_scene_it_is_what_it_would_be_of_the_others(metric):
    rng = np.random.default_rng(2)
    real, fake = rng.normal(size=(2, 12, 5))
    codes = np.array([0, 0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8])
    value, without = metric.distance(real, fake, codes)
    assert value == pytest.approx(gaussian_distance(real, fake))
    for scene, found in enumerate(without):
        rest = codes != scene
        assert found == pytest.approx(gaussian_distance(real[rest], fake[rest]))


def test_broken_features_have_a_reason(metric):
    found = metric.unpaired(np.full((2, 3), np.nan, np.float32), np.zeros((2, 3), np.float32))
    assert (found[0].value, found[0].reason) == (None, "a feature is not a finite number")

"""Distances of sets through any feature network: honest names, one look, one cache."""

import numpy as np
import pandas as pd
import pytest

from bench.metrics import Context, make_metric
from bench.metrics.features import SetMetric
from bench.metrics.fid import FrechetDistance, KernelDistance
from bench.metrics.frechet import frechet_distance
from bench.metrics.kernel import kernel_distance
from bench.plugins.kinds import NETWORKS


class Means:
    """The mean colour of an image."""

    name = "means"
    title = "mean colour"

    def __init__(self):
        self.seen = []

    def identity(self):
        return {"network": "means"}

    def features(self, images):
        self.seen.append(len(images))
        return images.mean(axis=(1, 2)).astype(np.float32)


@pytest.fixture
def network():
    made = Means()
    with NETWORKS.offering({"means": made}):
        yield made


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (2, 8, 8, 8, 3), dtype=np.uint8)


def tables(metric, references, results):
    prepared = metric.prepare(references)
    names = {"edit": references.edits, "scene": references.scenes}
    samples = {**names, **metric.measure(references, prepared, results)}
    return pd.DataFrame(samples), pd.DataFrame({**names, **prepared.columns})


@pytest.mark.parametrize(
    ("kind", "made", "family", "formula"),
    [
        ("fd", FrechetDistance, "fd", frechet_distance),
        ("kd", KernelDistance, "kd", lambda a, b: kernel_distance(a, b, np.arange(len(a)))),
    ],
)
def test_a_distance_bears_its_networks_name_and_is_never_called_fid(
    network, images, make_references, kind, made, family, formula
):
    metric = make_metric(kind, {"network": "means"}, Context(cache=None))
    assert isinstance(metric, made)
    [score] = metric.scores
    assert (score.name, score.family, score.summary) == (f"{kind}-means", family, "set")
    assert "mean colour" in score.title
    assert "FID" not in score.title
    samples, sides = tables(metric, make_references(images[0]), images[1])
    [found] = metric.summarise(samples, sides)
    real, fake = (side.mean(axis=(1, 2)).astype(np.float32) for side in images)
    assert found.value == pytest.approx(formula(real, fake))
    assert metric.other_tools(samples, sides) == []
    assert metric.definition()["extractor"] == {"network": "means"}


def test_two_metrics_of_one_network_look_once(network, images, make_references):
    context = Context(cache=None)
    for kind in ("fd", "kd"):
        tables(
            make_metric(kind, {"network": "means"}, context), make_references(images[0]), images[1]
        )
    assert network.seen == [8, 8]


def test_features_of_real_images_come_from_the_cache(network, images, make_references, tmp_path):
    context = Context(cache=tmp_path)
    metric = make_metric("fd", {"network": "means"}, context)
    first = metric.prepare(make_references(images[0]))
    network.seen.clear()
    metric.network._recent._known.clear()  # another process remembers nothing
    again = metric.prepare(make_references(images[0]))
    assert network.seen == []
    assert np.array_equal(first.columns["fd-means.features"], again.columns["fd-means.features"])


def test_influence_is_the_distance_minus_what_it_is_without_the_edit(
    network, images, make_references
):
    metric = make_metric("fd", {"network": "means"}, Context(cache=None))
    samples, sides = tables(metric, make_references(images[0]), images[1])
    influence = metric.influence(samples, sides)["fd-means"]
    whole = metric.summarise(samples, sides)[0].value
    without = metric.summarise(samples.drop(index=3), sides.drop(index=3))[0].value
    assert influence[3] == pytest.approx(whole - without, rel=1e-6)


def test_features_that_are_not_numbers_are_a_reason_with_the_edit(network, images, make_references):
    metric = make_metric("fd", {"network": "means"}, Context(cache=None))
    samples, sides = tables(metric, make_references(images[0]), images[1])
    samples.at[2, "fd-means.features"] = np.full(3, np.nan, np.float32)
    [found] = metric.summarise(samples, sides)
    assert found.value is None
    assert found.reason == "the features of edit edit-2 are not all numbers"
    assert isinstance(metric, SetMetric)


def test_an_unknown_feature_network_gets_the_nearest_name():
    with pytest.raises(Exception, match="did you mean 'inception-bgr'"):
        make_metric("fd", {"network": "inception-brg"})

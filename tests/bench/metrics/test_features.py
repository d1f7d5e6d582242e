"""Distances of sets through any feature network: honest names, one look, one cache."""

import numpy as np
import pandas as pd
import pytest

from bench.core.errors import BadInput
from bench.metrics import Context, make_metric
from bench.metrics.features import Crop, SetMetric
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


def test_a_crops_window_is_the_square_around_the_region():
    mask = np.zeros((64, 96), bool)
    mask[20:30, 40:60] = True  # 10 x 20, so 30 x 30 around (25, 50)
    assert Crop(margin=0.5).window(mask) == (slice(10, 40), slice(35, 65))


@pytest.mark.parametrize(
    ("region", "window"),
    [
        ((slice(0, 4), slice(90, 96)), (slice(0, 12), slice(84, 96))),  # moved into the image
        ((slice(0, 64), slice(0, 96)), (slice(0, 64), slice(0, 96))),  # cut where it is larger
        ((slice(30, 31), slice(50, 51)), (slice(26, 34), slice(46, 54))),  # never below 8
        ((slice(0, 0), slice(0, 0)), (slice(0, 64), slice(0, 96))),  # nothing is edited
    ],
)
def test_a_crops_window_stays_in_the_image(region, window):
    mask = np.zeros((64, 96), bool)
    mask[region] = True
    assert Crop(margin=1.0).window(mask) == window


def test_a_distance_of_crops_is_that_of_images_cut_and_resized_before(network, make_references):
    from PIL import Image

    images = np.random.default_rng(1).integers(0, 256, (2, 8, 16, 20, 3), dtype=np.uint8)
    mask = np.zeros(images[0].shape[:3], bool)
    mask[:, 3:9, 4:9] = True  # 6 x 5: a square of 8 from (2, 2)
    metric = make_metric(
        "fd-crop", {"network": "means", "margin": 0.2, "size": 32}, Context(cache=None)
    )
    samples, sides = tables(metric, make_references(images[0], mask=mask), images[1])

    def cut(batch):
        parts = [Image.fromarray(image[2:10, 2:10]) for image in batch]
        return np.stack(
            [np.asarray(one.resize((32, 32), Image.Resampling.BICUBIC)) for one in parts]
        )

    whole = make_metric("fd", {"network": "means"}, Context(cache=None))
    expected = whole.summarise(*tables(whole, make_references(cut(images[0])), cut(images[1])))
    [found] = metric.summarise(samples, sides)
    assert found.metric == "fd-means-crop"
    assert (found.value, found.low, found.high) == (
        expected[0].value,
        expected[0].low,
        expected[0].high,
    )


def test_a_crop_and_its_size_are_part_of_the_definition():
    one, two, whole = (
        make_metric(name, options, Context(cache=None)).definition()
        for name, options in (("fd-crop", {}), ("fd-crop", {"margin": 1.0}), ("fd", {}))
    )
    assert one["crop"]["margin"] == 0.5
    assert two["crop"]["margin"] == 1.0
    assert "crop" not in whole


@pytest.mark.parametrize("options", [{"margin": -0.1}, {"margin": float("nan")}, {"size": 4}])
def test_a_crop_that_cannot_be_is_refused(options):
    with pytest.raises(BadInput, match=r"a crop's (margin|size) is"):
        make_metric("fd-crop", options, Context(cache=None))

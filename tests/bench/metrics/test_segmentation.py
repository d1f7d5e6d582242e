"""mIoU and accuracy through a segmenter: mapping, hole, real images, intervals, other tools."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from torchmetrics.functional.classification import multiclass_jaccard_index

from bench.core.images import read_image
from bench.datasets.spaces import read_space
from bench.metrics import Context, Missing, make_metric
from bench.metrics.confusion import confusion, sparse
from bench.metrics.estimate import Estimate
from bench.metrics.segmentation import Accuracy, MeanIoU
from bench.networks.segmenters.segmenter import RememberedSegmenter, Segmenter, own_space


class ByBrightness(Segmenter):
    """Names a pixel by its red value."""

    name = "by brightness"

    def __init__(self, classes=4):
        super().__init__()
        self.space = own_space("brightness", tuple(f"level {k}" for k in range(classes)))

    def identity(self):
        return {"segmenter": "brightness"}

    def segment(self, images):
        return images[..., 0].astype(np.int32)


def painted(labels):
    return np.repeat(labels[..., None], 3, axis=-1).astype(np.uint8)


def tables(metric, references, results):
    prepared = metric.prepare(references)
    names = {"edit": references.edits, "scene": references.scenes}
    samples = pd.DataFrame({**names, **metric.measure(references, prepared, results)})
    return samples, pd.DataFrame({**names, **prepared.columns})


@pytest.fixture
def scene(make_references):
    """Six labelled images, results with some wrong pixels, and a hole."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 4, (6, 10, 12)).astype(np.int32)
    named = np.where(draw.random(labels.shape) < 0.7, labels, draw.integers(0, 4, labels.shape))
    mask = np.zeros(labels.shape, bool)
    mask[:, 2:6, 3:9] = True
    space = ByBrightness().space
    references = make_references(painted(labels), mask=mask, labels=labels, space=space)
    return references, named.astype(np.int32)


def test_real_images_of_a_perfect_segmenter_score_one(scene):
    references, named = scene
    for metric in (MeanIoU(ByBrightness()), Accuracy(ByBrightness())):
        _, real = tables(metric, references, painted(named))
        scores = metric.summarise_references(real)
        assert {score.metric for score in scores} == set(metric.score_names)
        assert all(score.value == 1 for score in scores)


def test_accuracy_is_the_share_of_right_pixels_over_image_and_hole(scene):
    references, named = scene
    metric = Accuracy(ByBrightness())
    samples, real = tables(metric, references, painted(named))
    whole, hole = metric.summarise(samples, real)
    right = named == references.labels
    assert whole.value == pytest.approx(right.mean())
    assert hole.value == pytest.approx(right[references.mask].mean())
    assert whole.low < whole.value < whole.high
    assert samples["accuracy"].tolist() == pytest.approx(right.mean(axis=(1, 2)).tolist())


def test_miou_has_a_row_for_every_class(scene):
    references, named = scene
    metric = MeanIoU(ByBrightness())
    scores = metric.summarise(*tables(metric, references, painted(named)))
    by_class = {score.of: score.value for score in scores if score.metric == "miou"}
    assert set(by_class) == {"all", "level 0", "level 1", "level 2", "level 3"}
    mean = np.mean([value for name, value in by_class.items() if name != "all"])
    assert by_class["all"] == pytest.approx(mean)


def test_a_class_that_the_dataset_ignores_is_in_no_mean(scene):
    references, named = scene
    plain = references.space
    space = dataclasses.replace(plain, ignored=frozenset({3}))
    given = dataclasses.replace(references, space=space)
    metric = MeanIoU(ByBrightness(), space=space)
    scores = metric.summarise(*tables(metric, given, painted(named)))
    others = multiclass_jaccard_index(
        torch.tensor(named), torch.tensor(references.labels), num_classes=4, ignore_index=3
    )
    assert scores[0].value == pytest.approx(float(others), abs=1e-6)
    assert {score.of for score in scores} == {"all", "level 0", "level 1", "level 2"}
    assert metric.definition()["left_out"] == ["level 3"]
    assert MeanIoU(ByBrightness(), space=plain).definition() == MeanIoU(ByBrightness()).definition()


def test_other_tools_are_told_apart(scene):
    references, named = scene
    miou, accuracy = MeanIoU(ByBrightness(5)), Accuracy(ByBrightness(5))
    labels = references.labels.copy()
    labels[:, :3] = -1
    named[:, 5] = 4  # a class that never occurs in the truth
    space = miou.segmenter.space
    given = type(references)(
        references.images, references.mask, labels, space, references.scenes, references.edits
    )
    told = {
        score.metric: score.value
        for metric in (miou, accuracy)
        for score in metric.other_tools(*tables(metric, given, painted(named)))
    }
    assert told["miou@mmsegmentation"] < told["miou@detectron2"]  # a fifth class of value 0
    assert told["accuracy@spade"] < told["accuracy@mmsegmentation"]
    known = labels >= 0
    right = (named == labels)[known]
    assert told["accuracy@mmsegmentation"] == pytest.approx(right.mean())
    assert told["accuracy@spade"] == pytest.approx(right.sum() / labels.size)


def test_each_convention_and_treatment_of_void_is_a_protocol_of_its_own():
    segmenter = ByBrightness()
    definitions = [
        MeanIoU(segmenter, convention=convention).definition()
        for convention in ("dataset", "present", "images")
    ]
    assert len({str(one) for one in definitions}) == 3
    assert Accuracy(segmenter).definition() != Accuracy(segmenter, void="wrong").definition()


def test_segmentations_of_real_images_come_from_the_cache(tmp_path, scene):
    references, _ = scene
    first = MeanIoU(ByBrightness(), tmp_path).prepare(references)
    blind = ByBrightness()
    blind._recent = None  # segmenting would fail now
    second = MeanIoU(blind, tmp_path).prepare(references)
    assert first.columns.keys() == second.columns.keys()
    for name, column in first.columns.items():
        assert all(np.array_equal(a, b) for a, b in zip(column, second.columns[name]))


def test_labels_that_a_cpu_named_are_not_taken_for_those_of_a_gpu(tmp_path, scene):
    class Rounded(ByBrightness):
        """The same network where its last bits are others: a near tie goes to another class."""

        def segment(self, images):
            return np.zeros(images.shape[:3], np.int32)

    def counts(segmenter, cache=tmp_path):
        return MeanIoU(segmenter, cache).prepare(scene[0]).columns["miou.counts"]

    on_cpu = counts(RememberedSegmenter(ByBrightness()))
    kept, on_gpu = (counts(RememberedSegmenter(Rounded(), device)) for device in ("cpu", "cuda:1"))
    assert all(map(np.array_equal, kept, on_cpu))
    assert all(map(np.array_equal, on_gpu, counts(Rounded(), cache=None)))
    assert not all(map(np.array_equal, on_gpu, on_cpu))


def test_the_interval_of_miou_covers_what_it_claims():
    classes, scenes, trials = 4, 30, 200
    metric = MeanIoU(ByBrightness(classes))

    def table(seed, count=scenes):
        draw = np.random.default_rng(seed)
        rows = []
        for _ in range(count):
            share = draw.dirichlet(np.ones(classes))
            truth = draw.choice(classes, 200, p=share).astype(np.int32)
            wrong = draw.random(200) < draw.beta(2, 5)
            named = np.where(wrong, draw.integers(0, classes, 200), truth).astype(np.int32)
            rows.append(sparse(confusion(truth, named, classes)))
        names = [str(i) for i in range(count)]
        return pd.DataFrame({"edit": names, "scene": names, "miou.counts": rows})

    true = metric.summarise(table(1, 20_000), pd.DataFrame())[0].value
    covered = 0
    for seed in range(trials):
        score = metric.summarise(table([2, seed]), pd.DataFrame())[0]
        covered += score.low <= true <= score.high
    assert covered / trials == pytest.approx(0.95, abs=0.04)


def test_a_class_has_the_interval_of_the_scenes_that_show_it(make_references):
    labels = np.zeros((6, 10, 10), np.int32)
    named = labels.copy()
    for i, right in enumerate((5, 6, 8)):  # class 1 in three scenes, IoU of right / 10
        labels[i, 0] = 1
        named[i, 0, :right] = 1
    labels[3, 0] = 2  # class 2 in one scene alone
    metric = MeanIoU(ByBrightness())
    references = make_references(painted(labels), labels=labels, space=ByBrightness().space)
    found = {one.of: one for one in metric.summarise(*tables(metric, references, painted(named)))}
    shares = np.array([0.5, 0.6, 0.8])
    oracle = stats.ttest_1samp(shares, 0).confidence_interval(0.95)  # equal unions: IoU is a mean
    three, one = found["level 1"], found["level 2"]
    assert three.value == pytest.approx(shares.mean())
    assert (three.low, three.high) == pytest.approx((oracle.low, min(oracle.high, 1)))
    assert three.clusters == 3
    assert (one.value, one.low, one.clusters) == (0, None, 1)
    assert "two scenes" in one.reason


def test_without_a_segmenter_the_metric_is_missing():
    missing = make_metric("miou", {}, Context())
    assert isinstance(missing, Missing)
    assert "no segmenter is named" in missing.reason


def test_a_segmenter_that_is_not_here_is_missing_with_its_place(tmp_path):
    missing = make_metric("accuracy", {}, Context(segmenter="streets", weights=(tmp_path,)))
    assert isinstance(missing, Missing)
    assert str(tmp_path) in missing.reason


@pytest.mark.parametrize(("split", "expected"), [("train", 0.938), ("test", 0.924)])
def test_the_real_cityscapes_network_reaches_its_accuracy(make_references, split, expected):
    if not (os.environ.get("SIEBENCH_WEIGHTS") and os.environ.get("SIEBENCH_DATA")):
        pytest.skip("SIEBENCH_WEIGHTS and SIEBENCH_DATA do not name the private folders")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    folder = Path(os.environ["SIEBENCH_DATA"]) / "cityscapes" / split
    metric = make_metric("accuracy", {}, Context(segmenter="cityscapes_espnetv2", cache=None))
    if isinstance(metric, Missing):
        pytest.skip(metric.reason)
    images = sorted((folder / "images").iterdir())
    real = np.stack([read_image(path) for path in images])
    labels = np.stack(
        [read_image(folder / "labels" / f"{path.stem}.png")[..., 0] for path in images]
    ).astype(np.int32)
    references = make_references(real, labels=labels, space=read_space("cityscapes-labelids"))
    _, table = tables(metric, references, real)
    assert metric.summarise_references(table)[0].value == pytest.approx(expected, abs=2e-3)


def test_no_interval_of_a_share_reaches_beyond_nothing_and_everything() -> None:
    replicates = np.array([0.5, 0.99, 1.0])
    bounded = Estimate(
        "accuracy", 0.9, n=3, scenes=("a", "b", "c"), kind="jackknife",
        replicates=replicates, floor=0.0, ceiling=1.0,
    )  # fmt: skip
    assert bounded.ends(0.95) == (0.0, 1.0)


def test_an_edit_without_a_pixel_that_counts_is_not_behind_a_score() -> None:
    """Two images of four pixels, of which two and three are right, and ten that are void everywhere."""
    seen = [([0, 0, 1, 1], [0, 0, 0, 0]), ([0, 0, 1, 1], [0, 1, 1, 1]), *[([-1, -1], [0, 1])] * 10]
    rows = [sparse(confusion(np.int32(true), np.int32(named), 4)) for true, named in seen]
    scenes = [f"s{i}" for i in range(12)]
    table = pd.DataFrame({"edit": scenes, "scene": scenes, "accuracy.counts": rows,
                          "accuracy-hole.counts": rows})  # fmt: skip
    score = Accuracy(ByBrightness()).summarise(table, table)[0]
    assert (score.value, score.n, score.clusters) == (5 / 8, 2, 2)
    # Student's interval of 0.5 and 0.75, which has one degree of freedom, ends at 0 and 1.
    assert (score.low, score.high) == (0.0, 1.0)
    wrong = Accuracy(ByBrightness(), void="wrong").summarise(table, table)[0]
    assert (wrong.value, wrong.n, wrong.clusters) == (5 / 28, 12, 12)


class Reversed(ByBrightness):
    """Names every pixel by the class at the other end of the list."""

    name = "reversed"

    def segment(self, images):
        return len(self.space) - 1 - super().segment(images)


def test_a_segmenter_that_does_not_know_the_classes_is_doubted(scene):
    references, named = scene
    _, real = tables(MeanIoU(Reversed()), references, painted(named))
    text = MeanIoU(Reversed()).doubt(real)
    assert text is not None
    assert text.startswith("reversed hardly agrees with the label maps of the real images (0.0% ")


def test_a_segmenter_that_knows_the_classes_is_not_doubted(scene):
    references, named = scene
    for metric in (MeanIoU(ByBrightness()), Accuracy(ByBrightness())):
        _, real = tables(metric, references, painted(named))
        assert metric.doubt(real) is None


def test_edits_that_ask_for_other_classes_cast_no_doubt_on_the_segmenter(scene):
    references, named = scene
    asked = np.where(references.mask, 3 - references.labels, references.labels)
    given = type(references)(
        references.images,
        references.mask,
        asked,
        references.space,
        references.scenes,
        references.edits,
    )
    _, real = tables(MeanIoU(ByBrightness()), given, painted(named))
    assert MeanIoU(ByBrightness()).doubt(real) is None
    _, real = tables(MeanIoU(Reversed()), given, painted(named))
    assert MeanIoU(Reversed()).doubt(real) is not None


def test_images_of_nearly_one_class_tell_nothing(make_references):
    labels = np.zeros((2, 10, 10), np.int32)
    labels[:, 0, :5] = 1
    references = make_references(painted(labels), labels=labels, space=ByBrightness().space)
    _, real = tables(MeanIoU(Reversed()), references, painted(labels))
    assert MeanIoU(Reversed()).doubt(real) is None

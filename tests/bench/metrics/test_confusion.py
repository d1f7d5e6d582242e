"""Confusion counts against scikit-learn-like counting, and the three conventions of mIoU."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch
from torchmetrics.segmentation import MeanIoU as TorchMeanIoU

from bench.metrics.confusion import Counts, confusion, dense, sparse
from bench.metrics.iou import accuracy, class_iou, mean_iou
from bench.networks.segmenters import mmseg


def one_by_one(truth, predicted, classes):
    matrix = np.zeros((classes + 1, classes), np.int64)
    for t, p in zip(truth.ravel(), predicted.ravel()):
        matrix[t if t >= 0 else classes, p] += 1
    return matrix


def noisy(seed, classes, size=(20, 30)):
    draw = np.random.default_rng(seed)
    return (
        draw.integers(-1, classes, size).astype(np.int32),
        draw.integers(0, classes, size).astype(np.int32),
    )


def blocky(seed, classes):
    truth, predicted = noisy(seed, classes, (4, 3))
    return tuple(plane.repeat(8, axis=0).repeat(40, axis=1) for plane in (truth, predicted))


@pytest.mark.parametrize("classes", [2, 19, 182, 300])
@pytest.mark.parametrize("maps", [noisy, blocky])
def test_every_pixel_is_counted_once(maps, classes):
    truth, predicted = maps(0, classes)
    counted = confusion(truth, predicted, classes)
    assert counted.dtype == np.int64
    assert np.array_equal(counted, one_by_one(truth, predicted, classes))


def test_the_mask_chooses_the_pixels():
    truth, predicted = noisy(1, 5)
    mask = np.random.default_rng(2).random(truth.shape) < 0.3
    assert np.array_equal(
        confusion(truth, predicted, 5, mask), one_by_one(truth[mask], predicted[mask], 5)
    )
    assert confusion(truth, predicted, 5, np.zeros_like(mask)).sum() == 0


def test_a_sparse_list_gives_the_matrix_back():
    matrix = confusion(*noisy(3, 7), 7)
    assert np.array_equal(dense(sparse(matrix), 7), matrix)
    assert sparse(np.zeros((8, 7), np.int64)).size == 0


def counts_of(pairs, classes):
    return Counts.stacked([Counts.of(confusion(t, p, classes)) for t, p in pairs])


def test_a_case_by_hand():
    #                 truth: class 0 twice, class 1 once, void once; class 2 only named
    truth = np.array([[0, 0, 1, -1]], np.int32)
    named = np.array([[0, 2, 1, 1]], np.int32)
    counts = counts_of([(truth, named)], 3)
    assert class_iou(counts.total()).tolist() == [0.5, 1.0, 0.0]
    assert mean_iou(counts, "dataset") == 0.5  # classes 0, 1 and 2 have a union
    assert mean_iou(counts, "present") == 0.75  # only 0 and 1 occur
    assert accuracy(counts.total()) == pytest.approx(2 / 3)
    assert accuracy(counts.total(), "wrong") == pytest.approx(2 / 4)


def test_the_images_convention_equals_torchmetrics():
    draw = np.random.default_rng(4)
    truth = draw.integers(0, 4, (3, 12, 12)).astype(np.int32)
    named = np.where(draw.random(truth.shape) < 0.5, truth, draw.integers(0, 6, truth.shape))
    theirs = TorchMeanIoU(num_classes=6, input_format="index")
    theirs.update(torch.from_numpy(named).long(), torch.from_numpy(truth).long())
    counts = counts_of(zip(truth, named.astype(np.int32)), 6)
    assert mean_iou(counts, "images") == pytest.approx(float(theirs.compute()), rel=1e-6)


def test_nothing_but_void_has_no_value():
    void = np.full((2, 2), -1, np.int32)
    counts = counts_of([(void, np.zeros((2, 2), np.int32))], 3)
    assert np.isnan(mean_iou(counts))
    assert np.isnan(accuracy(counts.total()))


def test_dataset_counts_equal_mmsegmentation():
    if find_spec("mmseg") is None:
        pytest.skip("the extra `mmseg` is not installed")
    mmseg._stand_in_for_compiled_operations()
    from mmseg.evaluation.metrics import IoUMetric

    pairs = [noisy(seed, 5) for seed in range(3)]
    areas = [
        IoUMetric.intersect_and_union(torch.from_numpy(named), torch.from_numpy(truth), 5, -1)
        for truth, named in pairs
    ]
    theirs = IoUMetric.total_area_to_metrics(*(sum(area) for area in zip(*areas)))
    counts = counts_of(pairs, 5)
    assert 100 * mean_iou(counts) == pytest.approx(100 * np.nanmean(theirs["IoU"]))
    assert accuracy(counts.total()) == pytest.approx(float(theirs["aAcc"]))


def test_kappa_is_cohens() -> None:
    # Cohen's (1960) own kind of table: 20 + 15 of 50 agreed, chance 0.5.
    counts = Counts.of(np.array([[20, 5], [10, 15], [0, 0]]))
    assert counts.kappa == pytest.approx(0.4)
    assert np.isnan(Counts.of(np.array([[7, 0], [0, 0], [0, 0]])).kappa)
    assert np.isnan(Counts.of(np.zeros((3, 2), np.int64)).kappa)

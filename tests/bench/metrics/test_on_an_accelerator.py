"""On an accelerator metrics work in batches and say what they say on a CPU.

"cpu:0" is a processor that takes an accelerator's ways: batches in a fixed shape, several edits in one
operation. What only a GPU can show (its own arithmetic) is for `tests/speed/gpu.py`.
"""

import math

import numpy as np
import pytest
import torch

from bench.metrics import make_metric
from bench.metrics.context import Context
from bench.metrics.frechet import frechet_distance, leave_one_out, with_leave_one_out
from bench.metrics.metric import References
from bench.networks.batches import batches_of
from bench.scene import LabelSpace
from tests.speed.operator_calls import OperatorCalls

CARD = "cpu:0"


def edits(count, size=(40, 56)):
    draw = np.random.default_rng(count)
    truth = draw.integers(0, 256, (count, *size, 3), dtype=np.uint8)
    result = np.clip(truth + draw.integers(-40, 41, truth.shape), 0, 255).astype(np.uint8)
    mask = np.zeros((count, *size), bool)
    mask[:, 5:30, 8:40] = True
    mask[-1] = False  # an edit without a masked region
    references = References(
        images=truth,
        mask=mask,
        labels=np.zeros(mask.shape, np.int32),
        space=LabelSpace("one", ("thing",), ((0, 0, 0),)),
        scenes=tuple(map(str, range(count))),
        edits=tuple(map(str, range(count))),
    )
    return references, result


def columns(name, device, count, size=(40, 56)):
    references, result = edits(count, size)
    metric = make_metric(name, {}, Context(device=device, cache=None))
    return metric.measure(references, metric.prepare(references), result)


@pytest.mark.parametrize("name", ["psnr", "rmse", "l1"])
def test_differences_of_pixels_are_the_same_to_the_last_digit(name):
    here, there = (columns(name, device, 18) for device in ("cpu", CARD))
    assert here.keys() == there.keys()
    for column, values in here.items():
        assert np.array_equal(values, there[column], equal_nan=True)


@pytest.mark.parametrize("name", ["ssim", "ssim-sean", "ssim-sesame"])
def test_similarities_agree_to_float64s_rounding(name):
    here, there = (columns(name, device, 18) for device in ("cpu", CARD))
    for column, values in here.items():
        assert there[column] == pytest.approx(values, rel=1e-12, nan_ok=True)


def test_a_window_larger_than_the_image_has_no_value_there_either():
    here, there = (columns("ssim", device, 2, (9, 9)) for device in ("cpu", CARD))
    assert math.isnan(here["ssim"][0])
    assert math.isnan(there["ssim"][0])
    assert there["ssim-hole"] == pytest.approx(here["ssim-hole"], rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("count", [3, 18])
def test_perceptual_distances_agree_in_one_batch_and_in_several(count):
    name = "perceptual-procedural"
    here, there = (columns(name, device, count) for device in ("cpu", CARD))
    for column, values in here.items():
        assert there[column] == pytest.approx(values, rel=1e-6, nan_ok=True)


def test_the_shape_of_a_batch_moves_no_value_by_more_than_rounding():
    wanted = columns("perceptual-procedural", "cpu", 5)["perceptual-procedural"]
    for size in (1, 4, 64):
        with batches_of(size):
            found = columns("perceptual-procedural", CARD, 5)["perceptual-procedural"]
        assert found == pytest.approx(wanted, rel=1e-6)


def test_features_agree():
    here, there = (columns("fd-procedural", device, 18) for device in ("cpu", CARD))
    for one, two in zip(here["fd-procedural.features"], there["fd-procedural.features"]):
        assert np.linalg.norm(one - two) < 1e-6 * np.linalg.norm(one)


@pytest.mark.parametrize("name", ["psnr", "ssim", "perceptual-procedural", "fd-procedural"])
def test_nothing_waits_for_an_accelerator_before_all_work_is_handed_over(name):
    references, result = edits(32)
    metric = make_metric(name, {}, Context(device=CARD, cache=None))
    metric.measure(references, metric.prepare(references), result)  # what is kept is made
    with torch.inference_mode(), OperatorCalls() as calls:
        metric.measure(references, metric.prepare(references), result)
    fetched = {"cpu", "numpy"}  # how numbers come back
    assert {wait for wait in calls.waits if wait not in fetched} == set()


def sets(n, m, d):
    draw = np.random.default_rng(d)
    spectrum = np.arange(1, d + 1) ** -0.5
    real = draw.normal(size=(max(n, m), d)) * spectrum
    fake = 0.9 * real + 0.3 * draw.normal(size=real.shape) * spectrum
    return real[:n], fake[:m]


def nuclear(real, fake):
    """The distance by its definition, with the singular values of A B^T."""
    gap = real.mean(axis=0) - fake.mean(axis=0)
    one, two = ((x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (real, fake))
    root = np.linalg.svd(one @ two.T, compute_uv=False).sum()
    return gap @ gap + np.sum(one**2) + np.sum(two**2) - 2 * root


@pytest.mark.parametrize(
    ("n", "m", "d"), [(60, 60, 40), (40, 40, 40), (30, 30, 40), (60, 30, 40), (30, 60, 40)]
)
def test_the_frechet_distance_is_that_of_its_definition(n, m, d, monkeypatch):
    monkeypatch.setattr("bench.metrics.frechet._LARGE", 10)
    real, fake = sets(n, m, d)
    assert frechet_distance(real, fake, CARD) == pytest.approx(nuclear(real, fake), rel=1e-7)


def test_the_frechet_distance_of_features_that_never_change_is_their_others(monkeypatch):
    monkeypatch.setattr("bench.metrics.frechet._LARGE", 10)
    real, fake = sets(60, 60, 30)
    wide = [np.concatenate([side, np.full((60, 8), 3.0)], axis=1) for side in (real, fake)]
    assert frechet_distance(*wide, CARD) == pytest.approx(nuclear(real, fake), rel=1e-7)


@pytest.mark.parametrize(("n", "d"), [(60, 40), (40, 40), (30, 40)])
def test_without_each_scene_it_is_the_cpus_first_order(n, d, monkeypatch):
    monkeypatch.setattr("bench.metrics.frechet.EXACT_SAMPLES", 10)
    real, fake = sets(n, n, d)
    codes = np.arange(n) // 2
    wanted = leave_one_out(real, fake, codes)
    monkeypatch.setattr("bench.metrics.frechet._LARGE", 10)
    value, found = with_leave_one_out(real, fake, codes, CARD)
    assert value == pytest.approx(nuclear(real, fake), rel=1e-7)
    assert found == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(
    "fault",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        torch.linalg.LinAlgError("linalg.eigh: The algorithm failed to converge"),
    ],
)
def test_a_device_that_fails_at_the_end_of_a_pass_costs_no_distance(fault, monkeypatch):
    monkeypatch.setattr("bench.metrics.frechet.EXACT_SAMPLES", 10)
    monkeypatch.setattr("bench.metrics.frechet._LARGE", 10)
    real, fake = sets(60, 60, 40)
    codes = np.arange(60) // 2
    value, without = with_leave_one_out(real, fake, codes)

    def fails(matrix):
        raise fault

    monkeypatch.setattr("torch.linalg.eigh", fails)
    found = with_leave_one_out(real, fake, codes, CARD)
    assert found[0] == value
    assert np.array_equal(found[1], without)


def test_a_fault_of_ours_is_not_taken_for_the_devices(monkeypatch):
    monkeypatch.setattr("bench.metrics.frechet._LARGE", 10)

    def fails(matrix):
        raise RuntimeError("The size of tensor a (3) must match the size of tensor b (4)")

    monkeypatch.setattr("torch.linalg.eigh", fails)
    with pytest.raises(RuntimeError, match="must match"):
        frechet_distance(*sets(60, 60, 40), CARD)


def test_a_warm_distance_has_loaded_what_decomposes_matrices_on_its_device():
    distance = make_metric("fd-procedural", {}, Context(device=CARD, cache=None, solver=CARD))
    with OperatorCalls() as calls:
        distance.warm_up()
    assert calls.operators["linalg_eigh"] > 0

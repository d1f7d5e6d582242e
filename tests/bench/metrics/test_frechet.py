"""The Fréchet distance: closed forms, pytorch-fid's calculation, and its leave-one-out values."""

import numpy as np
import pytest
import scipy.linalg
from pytorch_fid.fid_score import calculate_frechet_distance

from bench.metrics import frechet
from bench.metrics.frechet import frechet_distance, leave_one_out
from bench.metrics.intervals import jackknife_interval


def shaped(samples, mean, root, seed=0):
    """Samples whose fitted mean and covariance are exactly `mean` and `root @ root.T`."""
    d = len(mean)
    drawn = np.random.default_rng(seed).normal(size=(samples, d))
    drawn -= drawn.mean(axis=0)
    white = np.linalg.solve(np.linalg.cholesky(drawn.T @ drawn / (samples - 1)), drawn.T).T
    return white @ root.T + mean


def features(n, d, seed, decay=1.0):
    scale = np.arange(1, d + 1) ** -decay
    return np.random.default_rng(seed).normal(size=(n, d)) * scale + 0.1


def test_two_gaussians_with_diagonal_covariances_have_the_closed_form():
    one, two = np.array([1.0, 2, 3]), np.array([2.0, 1, 0.5])
    real = shaped(50, np.zeros(3), np.diag(one), seed=1)
    fake = shaped(70, np.array([1.0, -1, 0]), np.diag(two), seed=2)
    assert frechet_distance(real, fake) == pytest.approx(2 + np.sum((one - two) ** 2), rel=1e-9)


def test_a_shift_costs_its_square():
    real = features(40, 60, 0)
    assert frechet_distance(real, real + 0.5) == pytest.approx(60 * 0.25, rel=1e-9)


@pytest.mark.parametrize(("n", "d"), [(40, 60), (200, 60), (300, 400), (1100, 1300)])
def test_identical_sets_are_at_zero_whatever_the_linear_algebra_rounds(n, d):
    real = features(n, d, 0)
    assert frechet_distance(real, real.copy()) == 0
    assert not leave_one_out(real, real.copy(), np.arange(n)).any()


def test_a_small_shift_is_not_taken_for_rounding():
    real = features(40, 60, 0)
    assert frechet_distance(real, real + 1e-3) == pytest.approx(60e-6, rel=1e-6)


def test_doubling_costs_the_trace():
    real = features(40, 60, 0)
    real -= real.mean(axis=0)
    trace = np.trace(np.cov(real, rowvar=False))
    assert frechet_distance(real, 2 * real) == pytest.approx(trace, rel=1e-9)


def with_a_root_of_any_scipy(monkeypatch):
    """pytorch-fid asks sqrtm for `disp`, which SciPy 1.18 removed."""
    root = scipy.linalg.sqrtm
    monkeypatch.setattr(
        "pytorch_fid.fid_score.linalg.sqrtm", lambda matrix, disp=True: (root(matrix), 0.0)
    )


@pytest.mark.parametrize(("n", "m"), [(150, 170), (30, 200), (200, 30)])
def test_it_equals_pytorch_fids_calculation(monkeypatch, n, m):
    with_a_root_of_any_scipy(monkeypatch)
    real, fake = features(n, 24, 1), features(m, 24, 2) * 1.2
    moments = [(x.mean(axis=0), np.cov(x, rowvar=False)) for x in (real, fake)]
    theirs = calculate_frechet_distance(*moments[0], *moments[1])
    assert frechet_distance(real, fake) == pytest.approx(theirs, rel=1e-6)


def test_few_samples_in_many_dimensions_are_exact():
    # In the span of the samples the distance is the same as in all dimensions.
    real, fake = features(20, 300, 1), features(25, 300, 2)
    basis = np.linalg.qr(np.concatenate([real, fake]).T)[0]
    within = frechet_distance(real @ basis, fake @ basis)
    assert frechet_distance(real, fake) == pytest.approx(within, rel=1e-9)


def test_singular_covariances_of_many_samples_are_no_trouble():
    base = features(80, 4, 3)
    mix = np.random.default_rng(5).normal(size=(4, 12))
    one, two = base @ mix, 1.5 * (base @ mix)
    trace = np.trace(np.cov(one, rowvar=False))
    gap = one.mean(axis=0) - two.mean(axis=0)
    assert frechet_distance(one, two) == pytest.approx(gap @ gap + 0.25 * trace, rel=1e-6)


def test_identical_sets_are_at_distance_zero():
    real = features(50, 80, 0)
    assert frechet_distance(real, real.copy()) == pytest.approx(0, abs=1e-9)


def test_constant_images_leave_only_the_means():
    real, fake = np.zeros((5, 8)), np.ones((6, 8))
    assert frechet_distance(real, fake) == pytest.approx(8)


def test_one_image_has_no_covariance():
    with pytest.raises(ValueError, match="1 generated images"):
        frechet_distance(features(5, 4, 0), features(1, 4, 1))


def test_features_that_are_not_numbers_are_refused():
    broken = features(5, 4, 0)
    broken[2, 1] = np.nan
    with pytest.raises(ValueError, match="not all numbers"):
        frechet_distance(features(5, 4, 1), broken)


def directly(real, fake, codes):
    return [
        frechet_distance(real[codes != scene], fake[codes != scene])
        for scene in range(codes.max() + 1)
    ]


@pytest.mark.parametrize("d", [5, 60])
def test_leaving_a_scene_out_equals_computing_again(d):
    real, fake = features(30, d, 1), features(30, d, 2) * 1.3
    codes = np.arange(30) // 2
    assert leave_one_out(real, fake, codes) == pytest.approx(directly(real, fake, codes), rel=1e-8)


@pytest.mark.parametrize(("n", "d"), [(150, 20), (150, 200)])
def test_the_first_order_follows_the_exact_values(monkeypatch, n, d):
    real = features(n, d, 1)
    fake = 0.8 * real + 0.5 * features(n, d, 2)
    codes = np.arange(n)
    exact = np.asarray(directly(real, fake, codes))
    monkeypatch.setattr(frechet, "EXACT_SAMPLES", 0)
    quick = leave_one_out(real, fake, codes)
    assert np.corrcoef(exact, quick)[0, 1] > 0.95
    assert quick.std() == pytest.approx(exact.std(), rel=0.25)


def test_the_interval_of_paired_sets_covers_what_it_claims():
    n, d, trials = 60, 6, 300
    shrink = np.linspace(0.6, 1.0, d)

    def draw(seed):
        real = features(n, d, [1, seed], decay=0.5)
        return real, real * shrink + 0.3 * features(n, d, [2, seed], decay=0.5)

    true = np.mean([frechet_distance(*draw(10_000 + seed)) for seed in range(3000)])
    covered = 0
    for seed in range(trials):
        real, fake = draw(seed)
        values = leave_one_out(real, fake, np.arange(n))
        low, high = jackknife_interval(frechet_distance(real, fake), values)
        covered += low <= true <= high
    assert covered / trials == pytest.approx(0.95, abs=0.04)

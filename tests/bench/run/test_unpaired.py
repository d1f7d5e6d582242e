"""Sets without pairs: distances by their closed forms, and what has no value."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.metrics.fid import FrechetDistance, KernelDistance
from bench.networks.feature_network import RememberedNetwork
from bench.run.score import score_folders

REAL = (10, 20, 40, 90)
FAKE = (15, 30, 30, 60, 100, 120, 200)


class Brightness:
    """One feature: the mean, as a share of 100."""

    name = "brightness"

    def features(self, images: np.ndarray) -> np.ndarray:
        return images.mean(axis=(1, 2, 3), dtype=np.float64)[:, None].astype(np.float32) / 100

    def identity(self) -> dict[str, str]:
        return {"network": "mean of all channels"}


def frechet(context) -> FrechetDistance:
    return FrechetDistance("fd-bright", "Fréchet", RememberedNetwork(Brightness(), "cpu"))


def kernel(context) -> KernelDistance:
    return KernelDistance(
        "kd-bright", "Kernel", RememberedNetwork(Brightness(), "cpu"), family="kd"
    )


HERE = "tests.bench.run.test_unpaired"


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Four references, and seven results in subfolders and of two sizes."""
    for side, levels in (("real", REAL), ("fake", FAKE)):
        for i, level in enumerate(levels):
            file = tmp_path / side / (f"{i}.png" if side == "real" else f"{i % 4}/{i // 4}.png")
            file.parent.mkdir(parents=True, exist_ok=True)
            size = 12 if i == 2 else 8
            Image.fromarray(np.full((size, size, 3), level, np.uint8)).save(file)
    return tmp_path


def scored(folders: Path, *metrics: str, **options):
    return score_folders(
        folders / "real",
        folders / "fake",
        metrics=metrics,
        allow_unpaired=True,
        trust=True,
        device="cpu",
        **options,
    )


def test_unequal_sets_have_the_distances_of_their_formulas(folders: Path) -> None:
    real, fake = (np.array(levels) / 100 for levels in (REAL, FAKE))
    one, two = scored(folders, f"{HERE}:frechet", f"{HERE}:kernel")
    gap = (real.mean() - fake.mean()) ** 2 + (real.std(ddof=1) - fake.std(ddof=1)) ** 2
    assert one.value == pytest.approx(gap, rel=1e-5)

    def mean(pairs) -> float:
        return float(np.mean([(a * b + 1) ** 3 for a, b in pairs]))

    within = mean(itertools.permutations(real, 2)) + mean(itertools.permutations(fake, 2))
    assert two.value == pytest.approx(within - 2 * mean(itertools.product(real, fake)), rel=1e-4)
    assert (one.n, one.low, one.reason) == (7, None, "no interval: the sets are not paired")


def test_both_numbers_of_images_are_recorded(folders: Path) -> None:
    found = scored(folders, f"{HERE}:frechet")
    record = found.record()
    assert not record["paired"]
    assert {part: one["files"] for part, one in record["inputs"].items()} == {"real": 4, "fake": 7}


def test_a_metric_of_pairs_is_a_row_with_that_reason(folders: Path) -> None:
    found = scored(folders, "psnr", f"{HERE}:frechet")
    assert found[0].value is None
    assert found[0].reason.startswith("it compares pairs")
    assert found[1].value is not None


def test_a_set_of_one_is_a_reason(folders: Path) -> None:
    for file in list((folders / "real").iterdir())[1:]:
        file.unlink()
    [found] = scored(folders, f"{HERE}:frechet")
    assert (found.value, found.reason) == (None, "1 real images, but a covariance takes two")


def test_masks_and_cross_checks_need_pairs(folders: Path) -> None:
    with pytest.raises(BadInput, match="--masks: belong to pairs"):
        scored(folders, "psnr", masks=folders / "real")
    with pytest.raises(BadInput, match="pairs"):
        scored(folders, "psnr").cross_check()


def test_sets_of_another_range_and_transparent_files_are_said(folders: Path) -> None:
    for file in sorted((folders / "fake").rglob("*.png")):
        dark = Image.new("RGBA", (8, 8), (1, 0, 1, 255))
        dark.putpixel((0, 0), (1, 1, 1, 0))
        dark.save(file)
    range_of, clear, *_ = scored(folders, f"{HERE}:frechet").notices
    assert range_of.startswith(
        f"{folders / 'fake'}: no value is above 1 of 255, beside 90 in the other"
    )
    assert clear.startswith(
        f"{folders / 'fake'}: 7 of 7 images have transparent pixels, as '0.png'"
    )

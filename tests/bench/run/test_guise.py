"""Results that were saved as BGR, mirrored, shifted or as negatives are noticed; others are not."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench.run.guise import Guise, guise_notices
from tests.bench.run.test_mask_fit import composited, smooth

RESULTS = Path("fake")
EVERYWHERE = np.ones((64, 64), bool)


def notices(pairs) -> list[str]:
    return guise_notices(RESULTS, [Guise.of(*pair) for pair in pairs])


def test_known_pixels_with_red_and_blue_exchanged_are_noticed() -> None:
    pairs = [composited(seed) for seed in range(8)]
    (said,) = notices((real, fake[..., ::-1], mask) for real, fake, mask in pairs)
    assert said.startswith("fake: red and blue seem exchanged: 8 of 8 results are nearer")
    assert "0.00 grey levels" in said
    assert notices(pairs) == []


def test_without_masks_the_whole_image_tells() -> None:
    real = [smooth(seed) for seed in range(8)]
    noise = np.random.default_rng(0).integers(-9, 10, (64, 64, 3))
    near = [np.clip(one + noise, 0, 255).astype(np.uint8) for one in real]
    assert notices((one, fake, EVERYWHERE) for one, fake in zip(real, near)) == []
    exchanged = notices((one, fake[..., ::-1], EVERYWHERE) for one, fake in zip(real, near))
    assert len(exchanged) == 1


@pytest.mark.parametrize("other", [0, 1])
def test_grey_images_and_other_images_are_not_called_exchanged(other: int) -> None:
    real = [smooth(seed)[..., :1].repeat(3, axis=2) for seed in range(8)]
    fake = [real[(i + other) % 8] for i in range(8)]
    assert notices((one, two[..., ::-1], EVERYWHERE) for one, two in zip(real, fake)) == []
    coloured = [smooth(seed) for seed in range(9)]
    assert notices((one, two, EVERYWHERE) for one, two in pairwise(coloured)) == []


@pytest.mark.parametrize(
    ("said", "disguise"),
    [
        ("mirrored from left to right", lambda image: image[:, ::-1]),
        ("mirrored from top to bottom", lambda image: image[::-1]),
        ("turned by 180 degrees", lambda image: image[::-1, ::-1]),
        ("to be negatives", lambda image: 255 - image),
        ("shifted by a pixel to the right", lambda image: np.roll(image, 1, 1)),
        ("shifted by a pixel to the left", lambda image: np.roll(image, -1, 1)),
        ("shifted by a pixel downwards", lambda image: np.roll(image, 1, 0)),
        ("shifted by a pixel upwards", lambda image: np.roll(image, -1, 0)),
    ],
)
def test_any_other_guise_is_named(said: str, disguise) -> None:
    pairs = [composited(seed) for seed in range(8)]
    (found,) = notices((real, disguise(fake), mask) for real, fake, mask in pairs)
    assert found.startswith(
        f"fake: they seem {said}: 8 of 8 results are nearer to their references"
    )


def test_a_shift_of_two_pixels_and_one_image_among_many_are_not_named() -> None:
    pairs = [composited(seed) for seed in range(8)]
    one = [
        (real, np.roll(fake, 1 if i else 0, 1), mask) for i, (real, fake, mask) in enumerate(pairs)
    ]
    assert len(notices(one)) == 1  # the one that is right has nothing to tell
    assert (
        notices(
            (real, fake[:, ::-1] if i == 0 else np.roll(fake, 9, 1), m)
            for i, (real, fake, m) in enumerate(pairs)
        )
        == []
    )

"""Masks that do not belong to the results are noticed; those that do are not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.run.mask_fit import MaskFit, mask_notices

MASKS = Path("masks")


def smooth(seed: int) -> np.ndarray:
    """A made photograph, uint8 [64,64,3]: soft colours with a little noise."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(40, 216, (6, 6, 3), np.uint8))
    noise = random.normal(0, 2, (64, 64, 3))
    large = np.asarray(coarse.resize((64, 64), Image.Resampling.BICUBIC))
    return np.clip(large + noise, 0, 255).astype(np.uint8)


def region(seed: int) -> np.ndarray:
    """A masked region, bool [64,64], somewhere else for every seed."""
    mask = np.zeros((64, 64), bool)
    row, column = np.random.default_rng(seed).integers(0, 40, 2)
    mask[row : row + 22, column : column + 22] = True
    return mask


def composited(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    real, mask = smooth(seed), region(seed)
    return real, np.where(mask[..., None], smooth(seed + 100), real), mask


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def notices(pairs, ending: str = "png") -> list[str]:
    fits = [
        MaskFit.of(str(i), Path(f"{i}.{ending}"), real, fake, mask)
        for i, (real, fake, mask) in enumerate(pairs)
    ]
    return mask_notices(MASKS, [fit for fit in fits if fit is not None])


def test_composited_results_and_their_masks_fit() -> None:
    assert notices(composited(seed) for seed in range(8)) == []


@pytest.mark.parametrize("quality", [75, 95])
def test_results_that_were_stored_as_jpeg_fit(quality: int) -> None:
    pairs = [composited(seed) for seed in range(8)]
    assert notices([(real, jpeg(fake, quality), mask) for real, fake, mask in pairs], "jpg") == []


def test_equal_images_and_whole_masks_say_nothing() -> None:
    real, fake, mask = composited(0)
    assert notices([(real, real, mask)]) == []
    assert notices([(real, fake, np.ones_like(mask)), (real, fake, np.zeros_like(mask))]) == []


def test_inverted_masks_are_noticed() -> None:
    pairs = [composited(seed) for seed in range(8)]
    [said] = notices([(real, fake, ~mask) for real, fake, mask in pairs])
    assert said.startswith(
        "masks: the masks seem inverted: in 8 of 8 pairs the masked region is the reference's (mean "
        "difference 0.00 grey levels)"
    )
    [said] = notices([(real, jpeg(fake, 90), ~mask) for real, fake, mask in pairs], "jpg")
    assert "the masks seem inverted" in said


def test_masks_of_other_results_are_noticed_even_where_edits_are_faint() -> None:
    pairs = [composited(seed) for seed in range(8)]
    shifted = [(*pairs[i][:2], pairs[(i + 1) % 8][2]) for i in range(8)]
    [said] = notices(shifted)
    assert said.startswith(
        "masks: in 8 of 8 pairs known pixels differ from the reference (at most in"
    )
    assert "the masks belong to other results" in said
    faint = [
        (real, real + region(seed)[..., None].astype(np.uint8), region(seed + 1))
        for seed, (real, _, _) in enumerate(pairs)
    ]
    assert "known pixels differ" in notices(faint)[0]


def test_results_of_the_masked_region_alone_are_not_taken_for_inverted_masks() -> None:
    pairs = [composited(seed) for seed in range(8)]
    near = [
        (real, np.where(mask[..., None], np.clip(real, 4, None) - 4, 0).astype(np.uint8), mask)
        for real, _, mask in pairs
    ]
    [said] = notices(near)
    assert said.startswith("masks: in 8 of 8 pairs all known pixels of the result have one colour")
    coarse = [
        (real, np.where(mask[..., None], fake, 255 - fake), mask) for real, fake, mask in pairs
    ]
    [said] = notices(coarse)
    assert "known pixels differ" in said

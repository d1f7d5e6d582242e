"""Images that are not what they are scored as are told; honest results are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.core.images import StoredImage
from bench.run.appearance import Appearance, FileLook, appearance_notices, file_notices
from tests.bench.run.test_mask_fit import composited, smooth

FOLDERS = {"real": Path("real"), "fake": Path("fake"), "masks": Path("masks")}
PAIRS = [composited(seed) for seed in range(8)]


def notices(pairs, transparent: tuple[bool, bool] = (False, False)) -> list[str]:
    looks, files = [], ([], [])
    for i, (real, fake, mask) in enumerate(pairs):
        looks.append(Appearance.of(f"{i}", real, fake, mask))
        for side, image, clear in zip(files, (real, fake), transparent):
            side.append(FileLook.of(f"{i}", StoredImage(image, "PNG", transparent=clear)))
    return [*appearance_notices(FOLDERS, looks), *file_notices(FOLDERS, *files)]


def filled(colour: int) -> list[tuple[np.ndarray, ...]]:
    """Pairs whose masked regions have one grey level in the results."""
    return [(real, np.where(m[..., None], np.uint8(colour), real), m) for real, _, m in PAIRS]


def test_results_of_an_honest_method_say_nothing() -> None:
    assert notices(PAIRS) == []
    assert notices(PAIRS[:1]) == []
    everywhere = np.ones((64, 64), bool)
    assert notices((real, smooth(i + 50), everywhere) for i, (real, _, _) in enumerate(PAIRS)) == []


def test_results_that_are_the_references_are_told_each_and_every_one() -> None:
    (real, _, mask), *others = PAIRS
    assert notices([*others, (real, real, mask)]) == [
        "fake: 1 of 8 results equal their references in the masked region, as '7', so that their PSNR "
        "there is infinite: check that these are the method's own"
    ]


def test_inputs_in_place_of_results_are_told_by_their_one_colour() -> None:
    assert notices(filled(128)) == [
        "fake: the masked region has one colour in 8 of 8 results, (128, 128, 128) in '0': check that "
        "these are not the method's inputs"
    ]


def test_a_region_that_has_one_colour_in_the_reference_too_is_none_of_the_method_s_faults() -> None:
    night = [
        (real // 2 * ~m[..., None], real // 2 * ~m[..., None] + m[..., None], m)
        for real, _, m in PAIRS
    ]
    assert notices(night) == []


@pytest.mark.parametrize(("step", "first"), [(1, "1"), (-1, "7")])
def test_results_whose_numbers_are_one_off_are_told(step: int, first: str) -> None:
    shifted = [(PAIRS[i][0], *PAIRS[(i + step) % 8][1:]) for i in range(8)]
    assert notices(shifted) == [
        "fake: 8 of 8 results are nearer to another reference than to their own, '0' to that of "
        f"'{first}': check that files of one name belong together"
    ]


def test_one_result_for_all_scenes_is_told() -> None:
    one = [(real, PAIRS[0][1], mask) for real, _, mask in PAIRS]
    assert notices(one) == [
        "fake: 8 of 8 results look all the same, as '0' and '7', and their references do not"
    ]


def test_values_of_another_range_are_told_on_either_side() -> None:
    dark = [(real, np.round(fake / 255).astype(np.uint8), mask) for real, fake, mask in PAIRS]
    said = "no value is above 1 of 255, beside 2"
    assert any(one.startswith(f"fake: {said}") for one in notices(dark))
    turned = [(fake, real, mask) for real, fake, mask in dark]
    assert any(one.startswith(f"real: {said}") for one in notices(turned))


def test_grey_results_of_coloured_images_are_told() -> None:
    grey = [(real, fake[..., :1].repeat(3, axis=2), mask) for real, fake, mask in PAIRS]
    assert notices(grey) == [
        "fake: 8 of 8 results are grey where their references have colours, as '0'"
    ]
    assert notices([*PAIRS[:5], grey[5], *PAIRS[6:]]) == [
        "fake: 1 of 8 results are grey where their references have colours, as '5'"
    ]
    assert notices((real[..., :1].repeat(3, axis=2), fake, m) for real, fake, m in grey) == []


def test_transparent_pixels_are_told_on_either_side() -> None:
    (said,) = notices(PAIRS, (False, True))
    assert said.startswith("fake: 8 of 8 images have transparent pixels, as '0'")
    (said,) = notices(PAIRS, (True, False))
    assert said.startswith("real: 8 of 8 images have transparent pixels")


def test_masks_that_mask_nothing_are_told() -> None:
    (real, fake, mask), *others = PAIRS
    assert notices([*others, (real, fake, np.zeros_like(mask))]) == [
        "masks: 1 mask of 8 masks nothing, as '7': such a pair has no value of the masked region"
    ]

"""How a painting becomes the result that metrics see."""

import numpy as np
import pytest

from bench.run.editing.composite import compose, quantised

GREYS = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
NOTHING = np.zeros((16, 16), bool)


def painting_of(picture: np.ndarray) -> np.ndarray:
    return (picture.astype(np.float32) / 127.5 - 1).astype(np.float32)


def test_rounding_gives_every_grey_level_back() -> None:
    np.testing.assert_array_equal(quantised(painting_of(GREYS), "round"), GREYS)


def test_what_lies_beyond_the_range_is_clipped() -> None:
    painting = np.array([-7.0, -1.0, 1.0, 7.0], np.float32)
    assert quantised(painting, "round").tolist() == [0, 0, 255, 255]
    assert quantised(painting, "truncate").tolist() == [0, 0, 255, 255]


def test_half_a_level_rounds_up_and_truncates_down() -> None:
    painting = np.array([10.5 / 127.5 - 1], np.float64).astype(np.float32)
    assert quantised(painting, "round").tolist() in ([10], [11])
    assert quantised(painting, "truncate").tolist() == [10]


def test_known_bytes_stay_byte_for_byte_and_the_hole_is_painted() -> None:
    mask = NOTHING.copy()
    mask[4:8, 4:8] = True
    black = np.full((16, 16, 3), -1, np.float32)
    result = compose(black, GREYS, mask, "known-bytes", "truncate")
    np.testing.assert_array_equal(result[~mask], GREYS[~mask])
    assert (result[mask] == 0).all()


def test_published_truncation_takes_one_level_from_known_greys_1_to_63() -> None:
    # protocol/editing.md, D.5: measured on the published code.
    zeros = np.zeros((16, 16, 3), np.float32)
    result = compose(zeros, GREYS, NOTHING, "published", "truncate").astype(int)
    lost = (GREYS.astype(int) - result)[:, :, 0].ravel()
    assert set(np.flatnonzero(lost == 1)) == set(range(1, 64))
    assert set(np.flatnonzero(lost)) == set(range(1, 64))


def test_without_compositing_the_painting_alone_counts() -> None:
    white = np.ones((16, 16, 3), np.float32)
    assert (compose(white, GREYS, NOTHING, "none", "round") == 255).all()


@pytest.mark.parametrize("composite", ["known-bytes", "published"])
def test_batches_are_composed_as_single_pictures_are(composite: str) -> None:
    mask = np.zeros((2, 16, 16), bool)
    mask[1, :, 8:] = True
    paintings = np.linspace(-1, 1, 2 * 16 * 16 * 3, dtype=np.float32).reshape(2, 16, 16, 3)
    originals = np.stack([GREYS, GREYS[::-1]])
    both = compose(paintings, originals, mask, composite, "round")
    for i in range(2):
        one = compose(paintings[i], originals[i], mask[i], composite, "round")
        np.testing.assert_array_equal(both[i], one)

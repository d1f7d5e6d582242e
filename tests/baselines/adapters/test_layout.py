"""Edits at a pipeline's size and images back at theirs."""

import pytest
import torch

from baselines.adapters.fitting import laid_out, rounded_up
from tests.baselines.pipelines.edits import batch


@pytest.mark.parametrize("fit", ["resize", "pad"])
def test_what_has_the_size_stays_as_it_is(fit):
    edits = batch()
    wide, back = laid_out(edits, (32, 32), fit)
    assert torch.equal(wide.masked, edits.masked)
    assert torch.equal(wide.mask, edits.mask)
    assert torch.equal(wide.labels, edits.labels)
    assert torch.equal(back(edits.masked), edits.masked)


def test_resizing_scales_each_side_by_its_own_factor():
    wide, back = laid_out(batch(size=(16, 32)), (32, 32), "resize")
    # Rows 4 to 11 and columns 8 to 23 are masked.
    rows, columns = wide.mask[0, 0].nonzero(as_tuple=True)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 23, 8, 23)
    assert back(torch.zeros(2, 3, 32, 32)).shape == (2, 3, 16, 32)


def test_padding_scales_evenly_into_the_upper_left_corner():
    wide, back = laid_out(batch(size=(16, 32)), (64, 64), "pad")
    rows, columns = wide.mask[0, 0].nonzero(as_tuple=True)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 23, 16, 47)
    # The rest repeats the last row, which is known.
    assert torch.equal(wide.masked[:, :, 32:], wide.masked[:, :, 31:32].expand(-1, -1, 32, -1))
    assert (wide.labels[:, 32:] == wide.labels[:, 31:32]).all()
    marked = torch.zeros(2, 3, 64, 64)
    marked[:, :, :32] = 1
    assert (back(marked) == 1).all()


def test_a_padded_image_comes_back_pixel_by_pixel_where_nothing_was_scaled():
    edits = batch(size=(20, 36))
    wide, back = laid_out(edits, rounded_up((20, 36), 8), "pad", scaled=False)
    assert wide.masked.shape == (2, 3, 24, 40)
    assert wide.labels.shape == (2, 24, 40)
    assert torch.equal(wide.masked[:, :, :20, :36], edits.masked)
    assert torch.equal(back(wide.masked), edits.masked)


def test_what_is_filled_up_beside_hidden_pixels_is_hidden_too():
    edits = batch(size=(20, 36))
    edits.mask[:, :, :, 30:] = 1
    wide, _ = laid_out(edits, (24, 40), "pad", scaled=False)
    assert (wide.mask[:, :, :, 36:] == 1).all()


def test_sides_are_rounded_up():
    assert rounded_up((20, 36), 8) == (24, 40)
    assert rounded_up((24, 40), 8) == (24, 40)

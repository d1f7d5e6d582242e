"""What the classical editors put into a mask, against closed forms."""

import numpy as np
import pytest
import torch

from baselines.classical.diffusion import Diffusion
from baselines.classical.fills import Copy, MeanColour, Nearest
from bench.batch import EditBatch
from bench.scene import LabelSpace

SPACE = LabelSpace("one", ("thing",), ((0, 0, 0),))
BLIND = [MeanColour, Nearest, Diffusion]


def batch_of(image: torch.Tensor, mask: torch.Tensor) -> EditBatch:
    """One edit of `image` [3,H,W] with `mask` bool [H,W]."""
    height, width = mask.shape
    mask = mask.float()[None, None]
    return EditBatch(
        masked=image[None] * (1 - mask),
        mask=mask,
        labels=torch.zeros(1, height, width, dtype=torch.int64),
        instances=None,
        space=SPACE,
        operation="inpaint",
        regions=(None,),
        ids=("a",),
        scenes=("a",),
        samples=(0,),
        seeds=(("m", "d", "a", 0, 0),),
        original=image[None],
    )


def ramp() -> torch.Tensor:
    """A plane in x and y, which is harmonic: [3,24,32] in [-1,1]."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 24), torch.linspace(-1, 1, 32), indexing="ij")
    return torch.stack([x, y, (x + y) / 2])


def centre_mask() -> torch.Tensor:
    mask = torch.zeros(24, 32, dtype=torch.bool)
    mask[6:18, 8:20] = True
    return mask


def test_copy_gives_the_original_back_and_says_that_it_sees_it() -> None:
    assert torch.equal(Copy().edit(batch_of(ramp(), centre_mask()))[0], ramp())
    assert Copy.needs == {"original"}


@pytest.mark.parametrize("editor", BLIND)
def test_known_pixels_stay(editor) -> None:
    mask = centre_mask()
    raw = editor().edit(batch_of(ramp(), mask))[0]
    torch.testing.assert_close(raw[:, ~mask], ramp()[:, ~mask], atol=1e-6, rtol=0)


@pytest.mark.parametrize("editor", BLIND)
def test_hidden_pixels_are_not_looked_at(editor) -> None:
    mask = centre_mask()
    other = torch.where(mask, torch.randn(3, 24, 32), ramp())
    one = editor().edit(batch_of(ramp(), mask))
    assert torch.equal(editor().edit(batch_of(other, mask)), one)


@pytest.mark.parametrize("editor", BLIND)
def test_a_constant_image_is_filled_with_its_colour(editor) -> None:
    colour = torch.tensor([0.25, -0.5, 0.75])[:, None, None].expand(3, 24, 32)
    raw = editor().edit(batch_of(colour, centre_mask()))[0]
    torch.testing.assert_close(raw, colour.contiguous(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("editor", BLIND)
def test_a_mask_over_the_whole_image_becomes_mid_grey(editor) -> None:
    raw = editor().edit(batch_of(ramp(), torch.ones(24, 32, dtype=torch.bool)))
    assert raw.abs().max().item() == 0


@pytest.mark.parametrize("editor", BLIND)
def test_an_empty_mask_changes_nothing(editor) -> None:
    raw = editor().edit(batch_of(ramp(), torch.zeros(24, 32, dtype=torch.bool)))[0]
    torch.testing.assert_close(raw, ramp(), atol=1e-6, rtol=0)


def test_the_mean_colour_is_that_of_the_known_pixels() -> None:
    image = torch.zeros(3, 2, 4)
    image[:, :, 2:] = 0.5
    mask = torch.zeros(2, 4, dtype=torch.bool)
    mask[:, 0] = True
    raw = MeanColour().edit(batch_of(image, mask))[0]
    # Two of six known pixel columns' worth are 0: (2 * 0 + 4 * 0.5) / 6.
    np.testing.assert_allclose(raw[:, :, 0].numpy(), 1 / 3, rtol=1e-6)


def test_nearest_takes_the_closest_known_column() -> None:
    image = torch.tensor([0.1, 0.0, 0.0, 0.0, 0.9]).expand(3, 3, 5).contiguous()
    mask = torch.zeros(3, 5, dtype=torch.bool)
    mask[:, 1:4] = True
    raw = Nearest().edit(batch_of(image, mask))[0, 0, 1]
    assert raw[[0, 1, 3, 4]].tolist() == pytest.approx([0.1, 0.1, 0.9, 0.9])


def test_diffusion_continues_a_harmonic_surface_exactly() -> None:
    raw = Diffusion().edit(batch_of(ramp(), centre_mask()))[0]
    torch.testing.assert_close(raw, ramp(), atol=1e-5, rtol=0)


def test_diffusion_lets_nothing_through_the_image_border() -> None:
    # Half an image hidden up to its border: with no flow through the border the fill is constant.
    image = torch.full((3, 8, 16), 0.5)
    mask = torch.zeros(8, 16, dtype=torch.bool)
    mask[:, 8:] = True
    raw = Diffusion().edit(batch_of(image, mask))[0]
    torch.testing.assert_close(raw, image, atol=1e-6, rtol=0)

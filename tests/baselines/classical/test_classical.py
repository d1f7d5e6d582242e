"""What the classical editors put into a hole, against closed forms."""

import numpy as np
import pytest
import torch

from baselines.classical.copy import Copy
from baselines.classical.diffusion import Diffusion
from baselines.classical.mean_colour import MeanColour
from baselines.classical.nearest import Nearest
from bench.batch import EditBatch
from bench.scene import LabelSpace

SPACE = LabelSpace("one", ("thing",), ((0, 0, 0),))
BLIND = [MeanColour, Nearest, Diffusion]


def batch_of(picture: torch.Tensor, hole: torch.Tensor) -> EditBatch:
    """One edit of `picture` [3,H,W] with `hole` bool [H,W]."""
    height, width = hole.shape
    mask = hole.float()[None, None]
    return EditBatch(
        masked=picture[None] * (1 - mask),
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
        original=picture[None],
    )


def ramp() -> torch.Tensor:
    """A plane in x and y, which is harmonic: [3,24,32] in [-1,1]."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 24), torch.linspace(-1, 1, 32), indexing="ij")
    return torch.stack([x, y, (x + y) / 2])


def centre_hole() -> torch.Tensor:
    hole = torch.zeros(24, 32, dtype=torch.bool)
    hole[6:18, 8:20] = True
    return hole


def test_copy_gives_the_original_back_and_says_that_it_sees_it() -> None:
    assert torch.equal(Copy().edit(batch_of(ramp(), centre_hole()))[0], ramp())
    assert Copy.needs == {"original"}


@pytest.mark.parametrize("editor", BLIND)
def test_known_pixels_stay(editor) -> None:
    hole = centre_hole()
    painted = editor().edit(batch_of(ramp(), hole))[0]
    torch.testing.assert_close(painted[:, ~hole], ramp()[:, ~hole], atol=1e-6, rtol=0)


@pytest.mark.parametrize("editor", BLIND)
def test_hidden_pixels_are_not_looked_at(editor) -> None:
    hole = centre_hole()
    other = torch.where(hole, torch.randn(3, 24, 32), ramp())
    one = editor().edit(batch_of(ramp(), hole))
    assert torch.equal(editor().edit(batch_of(other, hole)), one)


@pytest.mark.parametrize("editor", BLIND)
def test_a_constant_picture_is_filled_with_its_colour(editor) -> None:
    colour = torch.tensor([0.25, -0.5, 0.75])[:, None, None].expand(3, 24, 32)
    painted = editor().edit(batch_of(colour, centre_hole()))[0]
    torch.testing.assert_close(painted, colour.contiguous(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("editor", BLIND)
def test_a_hole_over_the_whole_picture_becomes_mid_grey(editor) -> None:
    painted = editor().edit(batch_of(ramp(), torch.ones(24, 32, dtype=torch.bool)))
    assert painted.abs().max().item() == 0


@pytest.mark.parametrize("editor", BLIND)
def test_an_empty_hole_changes_nothing(editor) -> None:
    painted = editor().edit(batch_of(ramp(), torch.zeros(24, 32, dtype=torch.bool)))[0]
    torch.testing.assert_close(painted, ramp(), atol=1e-6, rtol=0)


def test_the_mean_colour_is_that_of_the_known_pixels() -> None:
    picture = torch.zeros(3, 2, 4)
    picture[:, :, 2:] = 0.5
    hole = torch.zeros(2, 4, dtype=torch.bool)
    hole[:, 0] = True
    painted = MeanColour().edit(batch_of(picture, hole))[0]
    # Two of six known pixel columns' worth are 0: (2 * 0 + 4 * 0.5) / 6.
    np.testing.assert_allclose(painted[:, :, 0].numpy(), 1 / 3, rtol=1e-6)


def test_nearest_takes_the_closest_known_column() -> None:
    picture = torch.tensor([0.1, 0.0, 0.0, 0.0, 0.9]).expand(3, 3, 5).contiguous()
    hole = torch.zeros(3, 5, dtype=torch.bool)
    hole[:, 1:4] = True
    painted = Nearest().edit(batch_of(picture, hole))[0, 0, 1]
    assert painted[[0, 1, 3, 4]].tolist() == pytest.approx([0.1, 0.1, 0.9, 0.9])


def test_diffusion_continues_a_harmonic_surface_exactly() -> None:
    painted = Diffusion().edit(batch_of(ramp(), centre_hole()))[0]
    torch.testing.assert_close(painted, ramp(), atol=1e-5, rtol=0)


def test_diffusion_lets_nothing_through_the_picture_border() -> None:
    # Half a picture hidden up to its border: with no flow through the border the fill is constant.
    picture = torch.full((3, 8, 16), 0.5)
    hole = torch.zeros(8, 16, dtype=torch.bool)
    hole[:, 8:] = True
    painted = Diffusion().edit(batch_of(picture, hole))[0]
    torch.testing.assert_close(painted, picture, atol=1e-6, rtol=0)

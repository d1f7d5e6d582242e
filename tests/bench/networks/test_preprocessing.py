"""What Inception sees, against the libraries whose resizes these are."""

import numpy as np
import pytest
import torch
from cleanfid.resize import build_resizer
from torchvision.transforms import functional as TF

from bench.networks.preprocessing import PREPROCESSINGS
from bench.networks.recent import Recent


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (2, 40, 56, 3), dtype=np.uint8)


def planes(pictures):
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float()


def test_cleanfids_resize_is_its_own(pictures):
    resize = build_resizer("clean")
    theirs = np.stack([resize(picture) for picture in pictures]).transpose(0, 3, 1, 2)
    ours = PREPROCESSINGS["clean-fid"](pictures, "cpu") * 128 + 128
    assert ours.numpy() == pytest.approx(theirs, abs=1e-4)


def test_pytorch_fids_resize_is_bilinear_without_antialias(pictures):
    theirs = TF.resize(planes(pictures) / 255, [299, 299], antialias=False) * 2 - 1
    assert torch.allclose(PREPROCESSINGS["pytorch-fid"](pictures, "cpu"), theirs, atol=1e-6)


def test_torchmetrics_resize_is_antialiased(pictures):
    theirs = (TF.resize(planes(pictures), [299, 299], antialias=True) - 128) / 128
    large = pictures.repeat(10, axis=1).repeat(10, axis=2)  # antialiasing shows when shrinking
    shrunk = (TF.resize(planes(large), [299, 299], antialias=True) - 128) / 128
    assert torch.allclose(PREPROCESSINGS["torchmetrics"](pictures, "cpu"), theirs, atol=1e-6)
    assert torch.allclose(PREPROCESSINGS["torchmetrics"](large, "cpu"), shrunk, atol=1e-5)


def test_bgr_swaps_the_channels(pictures):
    swapped = PREPROCESSINGS["bgr"](pictures, "cpu").flip(1)
    assert torch.equal(swapped, PREPROCESSINGS["pytorch-fid"](pictures, "cpu"))


def test_equal_pictures_are_computed_once(pictures):
    seen = []
    recent = Recent(lambda batch: seen.append(batch) or len(seen), size=2)
    assert [recent(pictures), recent(pictures.copy()), recent(pictures[:1])] == [1, 1, 2]
    recent(pictures[1:])  # the third kind of array drives out the oldest
    assert recent(pictures) == 4


def test_several_arrays_are_remembered_together(pictures):
    recent = Recent(lambda one, two: one.mean() - two.mean())
    first, second = pictures[:1], pictures[1:2]
    assert recent(first, second) == -recent(second, first) != 0

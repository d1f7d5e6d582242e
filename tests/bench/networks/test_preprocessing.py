"""What Inception sees, against the libraries whose resizes these are."""

import threading

import numpy as np
import pytest
import torch
from cleanfid.resize import build_resizer
from torchvision.transforms import functional as TF

from bench.networks.preprocessing import PREPROCESSINGS, each_resized
from bench.networks.recent import Recent


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (2, 40, 56, 3), dtype=np.uint8)


def planes(images):
    return torch.from_numpy(images).permute(0, 3, 1, 2).float()


def test_cleanfids_resize_is_its_own(images):
    resize = build_resizer("clean")
    theirs = np.stack([resize(image) for image in images]).transpose(0, 3, 1, 2)
    ours = PREPROCESSINGS["clean-fid"](images, "cpu") * 128 + 128
    assert ours.numpy() == pytest.approx(theirs, abs=1e-4)


@pytest.mark.usefixtures("three_threads")
def test_images_that_a_gpu_waits_for_are_resized_side_by_side(images):
    together = threading.Barrier(2, timeout=60)

    def resize(image):
        together.wait()
        return image[::2]

    assert np.array_equal(each_resized(images, resize), images[:, ::2])


def test_pytorch_fids_resize_is_bilinear_without_antialias(images):
    theirs = TF.resize(planes(images) / 255, [299, 299], antialias=False) * 2 - 1
    assert torch.allclose(PREPROCESSINGS["pytorch-fid"](images, "cpu"), theirs, atol=1e-6)


def test_torchmetrics_resize_is_antialiased(images):
    theirs = (TF.resize(planes(images), [299, 299], antialias=True) - 128) / 128
    large = images.repeat(10, axis=1).repeat(10, axis=2)  # antialiasing shows when shrinking
    shrunk = (TF.resize(planes(large), [299, 299], antialias=True) - 128) / 128
    assert torch.allclose(PREPROCESSINGS["torchmetrics"](images, "cpu"), theirs, atol=1e-6)
    assert torch.allclose(PREPROCESSINGS["torchmetrics"](large, "cpu"), shrunk, atol=1e-5)


def test_bgr_swaps_the_channels(images):
    swapped = PREPROCESSINGS["bgr"](images, "cpu").flip(1)
    assert torch.equal(swapped, PREPROCESSINGS["pytorch-fid"](images, "cpu"))


def test_equal_images_are_computed_once(images):
    seen = []
    recent = Recent(lambda batch: seen.append(batch) or len(seen), size=2)
    assert [recent(images), recent(images.copy()), recent(images[:1])] == [1, 1, 2]
    recent(images[1:])  # the third kind of array drives out the oldest
    assert recent(images) == 4


def test_several_arrays_are_remembered_together(images):
    recent = Recent(lambda one, two: one.mean() - two.mean(), size=2)
    first, second = images[:1], images[1:2]
    assert recent(first, second) == -recent(second, first) != 0

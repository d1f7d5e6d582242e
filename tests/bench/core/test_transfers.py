"""What is staged goes to a device once; numbers come back as they are."""

import gc
import weakref

import numpy as np
import pytest
import torch

from bench.core.transfers import ToHost, stage, to_device

CARD = "cpu:0"  # a processor that takes an accelerator's ways


def images(count=5, seed=0):
    return list(np.random.default_rng(seed).integers(0, 256, (count, 6, 7, 3), dtype=np.uint8))


def test_staged_images_are_the_stack_of_them():
    given = images()
    assert np.array_equal(stage(given), np.stack(given))
    masks = [image[..., 0] > 100 for image in given]
    assert np.array_equal(stage(masks), np.stack(masks))


def test_a_device_is_given_the_same_numbers():
    staged = stage(images())
    for part in (staged, staged[1:4], staged[4:], staged[..., ::-1], staged[::2], staged.copy()):
        for device in ("cpu", CARD):
            assert np.array_equal(to_device(part, device).numpy(), part)


def test_what_is_staged_goes_to_a_device_once_and_so_does_each_part_of_it():
    staged = stage(images())
    assert to_device(staged, CARD) is to_device(staged, CARD)
    assert to_device(staged[1:3], CARD) is to_device(staged[1:3], CARD)
    assert to_device(staged[1:3], CARD) is not to_device(staged[2:4], CARD)


def test_an_array_that_was_not_staged_is_read_anew_for_it_may_have_changed():
    plain = np.zeros((2, 3, 3, 3), np.uint8)
    to_device(plain, CARD)
    plain += 7
    assert to_device(plain, CARD).unique().tolist() == [7]


def test_a_device_keeps_nothing_of_images_that_are_gone():
    staged = stage(images())
    there = weakref.ref(to_device(staged[1:3], CARD))
    assert there() is not None
    del staged
    gc.collect()
    assert there() is None


def test_numbers_come_back_as_they_are():
    numbers = torch.arange(6, dtype=torch.float64).reshape(2, 3)
    back = ToHost(numbers).array()
    assert back.dtype == np.float64
    assert np.array_equal(back, [[0, 1, 2], [3, 4, 5]])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_reads_what_is_staged_before_its_memory_is_given_to_others():
    busy = torch.randn(4096, 4096, device="cuda")
    for _ in range(20):
        busy = busy @ busy  # the copies wait behind it, and the host goes on
    there = [to_device(stage(images(64, seed)), "cuda") for seed in range(20)]
    back = [ToHost(one) for one in there]
    for seed, one in enumerate(back):
        assert np.array_equal(one.array(), np.stack(images(64, seed)))

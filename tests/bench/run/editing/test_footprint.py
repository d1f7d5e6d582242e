"""Multiply-adds and memory of a call, against what can be counted by hand."""

import torch

from bench.run.editing.footprint import measured


def test_a_convolution_takes_its_multiply_adds_and_its_output() -> None:
    layer = torch.nn.Conv2d(3, 8, 3, padding=1)
    picture = torch.zeros(2, 3, 16, 16)
    with torch.inference_mode():
        result, footprint = measured(lambda: layer(picture), "cpu")
    assert result.shape == (2, 8, 16, 16)
    assert footprint.macs == 2 * 16 * 16 * 8 * 3 * 9
    assert footprint.peak_bytes == 2 * 8 * 16 * 16 * 4


def test_memory_that_was_given_back_does_not_add_up() -> None:
    def call() -> torch.Tensor:
        state = torch.zeros(1000)
        for _ in range(10):
            state = torch.relu(state) + 1
        return state

    # Three tensors of 4000 bytes live at once: the state, its relu, and their successor.
    assert measured(call, "cpu")[1].peak_bytes == 3 * 4000


def test_views_take_nothing() -> None:
    picture = torch.zeros(4, 4)
    assert measured(lambda: picture.t()[1:].reshape(-1, 1)[:1], "cpu")[1].peak_bytes <= 4 * 12
    assert measured(lambda: picture[1:], "cpu")[1].peak_bytes == 0

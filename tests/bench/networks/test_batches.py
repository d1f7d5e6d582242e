"""Every image is looked at in one batch shape, on one thread of a CPU."""

import threading

import numpy as np
import pytest
import torch

from bench.networks.batches import fixed_batches, run_in_batches


def numbered(count):
    return np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1).repeat(3, axis=3)


def test_every_batch_has_one_shape_and_padding_is_told():
    batches = list(fixed_batches(numbered(5), 2))
    assert [(batch.shape[0], count) for batch, count in batches] == [(2, 2), (2, 2), (2, 1)]
    assert batches[2][0][:, 0, 0, 0].tolist() == [4, 4]


def test_on_a_cpu_images_are_looked_at_one_by_one_in_single_threads(three_threads):
    seen = []

    def look(batch):
        threads = torch.get_num_threads()
        seen.append((len(batch), threads, torch.is_inference_mode_enabled()))
        return (batch[:, 0, 0, 0] * 10).tolist()

    assert run_in_batches(numbered(7), "cpu", look) == [0, 10, 20, 30, 40, 50, 60]
    assert seen == [(1, 1, True)] * 7


def test_as_many_images_at_a_time_as_torch_has_threads(three_threads):
    together = threading.Barrier(3, timeout=60)

    def look(batch):
        together.wait()
        return list(batch)

    assert len(run_in_batches(numbered(6), "cpu", look)) == 6


def test_an_error_while_looking_comes_out(three_threads):
    def look(batch):
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        run_in_batches(numbered(4), "cpu", look)


def test_on_an_accelerator_padding_is_cut_off():
    def look(batch):
        assert len(batch) == 16
        return batch[:, 0, 0, 0].tolist()

    assert run_in_batches(numbered(18), "cuda", look) == list(range(18))

"""Every image is looked at in one batch shape, on one thread of a CPU."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from bench.networks.batches import arithmetic, batches_of, fixed_batches, run_in_batches


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


def test_the_shape_on_an_accelerator_can_be_set_for_a_block():
    seen = []

    def look(batch):
        seen.append(len(batch))
        return batch[:, 0, 0, 0].tolist()

    with batches_of(8):
        assert run_in_batches(numbered(9), "cuda", look) == list(range(9))
        assert run_in_batches(numbered(3), "cuda", look, most=2) == list(range(3))
        assert run_in_batches(numbered(2), "cpu", look) == [0, 1]
    run_in_batches(numbered(2), "cuda", look)
    assert seen == [8, 8, 2, 2, 1, 1, 16]


def test_rows_of_a_tensor_come_back_as_arrays():
    def look(batch):
        return torch.from_numpy(batch[:, 0, 0]).float() * 2

    for device in ("cpu", "cpu:0"):
        rows = run_in_batches(numbered(18), device, look)
        assert np.array_equal(rows, 2.0 * numbered(18)[:, 0, 0])
        assert rows[0].dtype == np.float32


def test_one_thread_at_a_time_hands_work_to_an_accelerator():
    inside = []

    def look(batch):
        inside.append(1)
        assert sum(inside) == 1
        inside.append(-1)
        return list(batch)

    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: run_in_batches(numbered(64), "cuda", look), range(8)):
            assert len(found) == 64


def test_what_last_bits_depend_on_names_the_shape_only_on_an_accelerator():
    assert arithmetic("cpu") == {"device": "cpu"}
    first = {"device": "cuda", "layout": "contiguous_format"}
    assert arithmetic("cuda:1") == {**first, "batch": 16}
    with batches_of(64):
        assert arithmetic("cuda") == {**first, "batch": 64}

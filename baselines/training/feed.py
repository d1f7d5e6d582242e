"""Batches ahead of the training step, drawn by threads, in the order of the steps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch

from baselines.training.data import Examples, collate
from bench.batch import EditBatch
from bench.core.threads import ahead

__all__ = ["feed"]

AHEAD = 2
"""Batches that are drawn before they are asked for."""


@contextmanager
def feed(
    sources: Sequence[Examples],
    steps: range,
    batch: int,
    device: torch.device,
    *,
    rank: int = 0,
    devices: int = 1,
    threads: int = 2,
) -> Iterator[Iterator[EditBatch]]:
    """The batches of `steps`; device `rank` of `devices` gets its own share of each step.

    Several sources take turns, step by step. A bad scene raises where its batch is asked for.
    Leaving the block stops the threads.
    """
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="examples")

    def numbered() -> Iterator[tuple[Examples, int]]:
        for step in steps:
            turn = step // len(sources)
            first = (turn * devices + rank) * batch
            yield from ((sources[step % len(sources)], first + k) for k in range(batch))

    def batches() -> Iterator[EditBatch]:
        drawn = ahead(pool, lambda one: one[0].example(one[1]), numbered(), AHEAD * batch)
        for step in steps:
            examples = [example for _, example in itertools.islice(drawn, batch)]
            yield collate(examples, sources[step % len(sources)].space, device)

    try:
        yield batches()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

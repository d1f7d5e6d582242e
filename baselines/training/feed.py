"""Batches ahead of the training step, drawn by threads, in the order of the steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import torch

from baselines.training.data import Example, Examples, collate
from bench.batch import EditBatch

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

    def draw(step: int) -> list[Future[Example]]:
        source, turn = sources[step % len(sources)], step // len(sources)
        first = (turn * devices + rank) * batch
        return [pool.submit(source.example, n) for n in range(first, first + batch)]

    def batches() -> Iterator[EditBatch]:
        waiting: deque[list[Future[Example]]] = deque()
        ahead = iter(steps)
        for now in steps:
            while len(waiting) <= AHEAD and (step := next(ahead, None)) is not None:
                waiting.append(draw(step))
            drawn = [future.result() for future in waiting.popleft()]
            yield collate(drawn, sources[now % len(sources)].space, device)

    try:
        yield batches()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

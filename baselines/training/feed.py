"""Batches ahead of the training step, drawn by threads, in the order of the steps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from baselines.training.config import TrainingConfig
from baselines.training.data import Examples, collate
from bench.batch import EditBatch
from bench.core.threads import ahead

__all__ = ["Turn", "Turns", "feed", "rotate", "turns"]

AHEAD = 2
"""Batches that are drawn before they are asked for."""


@dataclass(frozen=True)
class Turn:
    """What one device gets for one step: `count` examples of a source, from number `first` on."""

    source: Examples
    first: int
    count: int


Turns = Callable[[int], Turn]
"""What a device gets at a step."""


def rotate(sources: Sequence[Examples], batch: int, *, rank: int = 0, devices: int = 1) -> Turns:
    """Sources that take turns, step by step; device `rank` of `devices` gets its share of each."""

    def turn(step: int) -> Turn:
        first = (step // len(sources) * devices + rank) * batch
        return Turn(sources[step % len(sources)], first, batch)

    return turn


def turns(
    config: TrainingConfig,
    sources: Sequence[Examples],
    own: Mapping[int, Examples],
    length: Callable[[int], int],
    *,
    rank: int = 0,
    devices: int = 1,
) -> Turns:
    """What device `rank` of `devices` gets at a step.

    Phases with a batch or with scenes of their own count their examples from 0.

    Args:
        config: batch and phases.
        sources: the run's scenes.
        own: the scenes of phases that have others, by the phase's number.
        length: steps of the whole run, as they are known at a step.
        rank, devices: the device, and how many there are.
    """

    def turn(step: int) -> Turn:
        number, phase = config.phase(step, length(step))
        count = config.batches[number] if config.batches else config.batch
        place = step - phase.start if config.batches or number in own else step
        chosen = [own[number]] if number in own else sources
        return rotate(chosen, count, rank=rank, devices=devices)(place)

    return turn


@contextmanager
def feed(
    turn: Turns, steps: range, device: torch.device, *, threads: int = 2
) -> Iterator[Iterator[EditBatch]]:
    """The batches of `steps`; a bad scene raises where its batch is asked for.

    Sources that are ready put each batch together when it is asked for. Others draw ahead in threads;
    leaving the block stops these.
    """
    if not steps:  # a schedule has no step after its last
        yield iter(())
        return
    if turn(steps.start).source.ready:
        yield (one.source.batch(one.first, one.count, device) for one in map(turn, steps))
        return
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="examples")
    largest = max(turn(step).count for step in (steps.start, steps.stop - 1))

    def numbered() -> Iterator[tuple[Examples, int]]:
        for step in steps:
            mine = turn(step)
            yield from ((mine.source, mine.first + k) for k in range(mine.count))

    def batches() -> Iterator[EditBatch]:
        drawn = ahead(pool, lambda one: one[0].example(one[1]), numbered(), AHEAD * largest)
        for step in steps:
            mine = turn(step)
            examples = [example for _, example in itertools.islice(drawn, mine.count)]
            yield collate(examples, mine.source.space, device)

    try:
        yield batches()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

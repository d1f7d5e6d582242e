"""Calls in threads: ahead of the one that needs them, or side by side on the processor's cores."""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

__all__ = ["ahead", "compute_on", "made_once", "side_by_side"]

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


def made_once(most: int) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """`functools.lru_cache` for what is dear: threads that ask together wait until one has made it.

    Args:
        most: how many answers are kept.
    """

    def around(make: Callable[P, V]) -> Callable[P, V]:
        kept = functools.lru_cache(most)(make)
        guard = threading.RLock()

        @functools.wraps(make)
        def asked(*args: P.args, **named: P.kwargs) -> V:
            with guard:
                return kept(*args, **named)  # type: ignore[arg-type]

        return asked

    return around


def ahead(
    pool: ThreadPoolExecutor, work: Callable[[T], V], items: Iterable[T], depth: int
) -> Iterator[tuple[T, V]]:
    """Each item with what `work` makes of it, in order; an error comes out at its own item.

    Args:
        pool: who works.
        work: called from the pool's threads.
        items: taken one by one, never more than `depth` beyond the one that is handed out.
        depth: how many items are under way ahead.
    """
    queue: deque[tuple[T, Future[V]]] = deque()
    for item in items:
        queue.append((item, pool.submit(work, item)))
        if len(queue) > depth:
            first, future = queue.popleft()
            yield first, future.result()
    while queue:
        first, future = queue.popleft()
        yield first, future.result()


def side_by_side(work: Callable[[T], V], items: Sequence[T]) -> list[V]:
    """What `work` makes of each item, in order; the first error comes out.

    Inside, torch computes on one thread, and as many calls are under way as torch had threads before:
    the number of cores moves no digit.
    """
    import torch

    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(
        max(1, min(before, len(items))), initializer=compute_on, initargs=(1,)
    )
    try:
        with pool:
            return list(pool.map(work, items))
    finally:
        # The limit is each thread's own, but torch also keeps the last one for threads to come.
        torch.set_num_threads(before)


def compute_on(threads: int) -> None:
    """Has torch compute on so many threads where the calling thread asks for it, whatever others say."""
    import torch

    torch.get_num_threads()  # the first question of a thread sets its limit to what others said last
    torch.set_num_threads(threads)

"""Work that threads do ahead of the one that needs it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")
V = TypeVar("V")


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

"""The drawing of a zoo's scenes and masks, by a process a core, while its trainings begin."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from baselines.training.example_store import ExampleStore, Piece, draw_piece
from bench.core.children import fit_for_children
from bench.core.device import cores

__all__ = ["Drawing"]


class Drawing:
    """Draws pieces of the examples by a process a core while the block runs."""

    def __init__(self, store: ExampleStore, pieces: Sequence[Piece]) -> None:
        self._store, self._pieces = store, pieces
        self._begun = time.monotonic()
        self._futures: dict[Future[str | None], Piece] = {}
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Drawing:
        if not self._pieces:
            return self
        workers = min(cores(), len(self._pieces))
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(workers, mp_context=context)
        with fit_for_children(1):  # the processes are started as the first pieces are handed in
            for piece in self._pieces:
                self._futures[self._pool.submit(draw_piece, piece)] = piece
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self) -> list[float]:
        """Takes note of what is drawn; the seconds that all of it took, once, when all is."""
        for future in [one for one in self._futures if one.done()]:
            piece = self._futures.pop(future)
            try:
                problem = future.result()
            except Exception as error:  # a training that needs it draws it, and says what is wrong
                problem = f"{type(error).__name__}: {error}"
            self._store.finish(piece, problem)
            if not self._futures:
                return [time.monotonic() - self._begun]
        return []

"""Processes that a command starts on this machine and ends in order."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator

__all__ = ["end_with_parent", "fit_for_children"]

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@contextlib.contextmanager
def fit_for_children(threads: int) -> Iterator[None]:
    """Processes that are started inside (by `spawn`) compute on so many threads each.

    They do not run the user's script once more, and hear no Ctrl-C: who started them does, and ends
    them in order.
    """
    with _environment(threads), _without_main(), _deaf_to_ctrl_c():
        yield


def end_with_parent() -> None:
    """Ends this process in order when the one that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def _environment(threads: int) -> Iterator[None]:
    """Processes that are started inside compute on so many threads, from their first import on."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that are started inside never hear Ctrl-C, which reaches every process of a terminal.

    Who started them does, and ends them in order.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Processes that are started inside do not run the user's script once more.

    `spawn` imports the main module again, so that a script without the guard of `__name__` would start
    its run in every worker. No worker needs anything of it.
    """
    main = sys.modules["__main__"]
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    main.__spec__ = None
    if file is not None:
        del main.__file__
    try:
        yield
    finally:
        main.__spec__ = spec
        if file is not None:
            main.__file__ = file

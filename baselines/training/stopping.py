"""Ctrl-C during training: the step at hand is finished and saved, and only then the run stops.

A `KeyboardInterrupt` in the middle of a step would leave networks of which some are a step ahead of the
others. So the first Ctrl-C is noted, and the loop asks for it between two steps; the second one stops
at once, and what goes on is the last checkpoint.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["stop_asked"]


@contextmanager
def stop_asked(*, tell: bool = True) -> Iterator[Callable[[], bool]]:
    """While the block runs, says whether Ctrl-C was pressed.

    Outside the main thread, where Python hands out no signals, nobody ever asks to stop; nor in a process
    that was started to ignore Ctrl-C.

    Args:
        tell: say on standard error that the step is being finished.

    Raises:
        KeyboardInterrupt: in the block, when Ctrl-C is pressed a second time.
    """
    asked = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        del number, frame
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        if tell:
            sys.stderr.write("siebench: saves after this step; Ctrl-C again stops at once\n")

    main = threading.current_thread() is threading.main_thread()
    here = main and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    before = signal.signal(signal.SIGINT, note) if here else None
    try:
        yield asked.is_set
    finally:
        if here:
            signal.signal(signal.SIGINT, before)

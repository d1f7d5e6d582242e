"""Ctrl-C during training: the step at hand is finished and saved, and only then the run stops.

A `KeyboardInterrupt` in the middle of a step would leave networks of which some are a step ahead of the
others. So the first Ctrl-C is noted, and the loop asks for it between two steps; the second one stops
at once, and what goes on is the last checkpoint. SIGTERM stops a training in the same way.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

__all__ = ["stop_asked"]


@contextmanager
def stop_asked(
    *, tell: bool = True, signals: Sequence[signal.Signals] = (signal.SIGINT,)
) -> Iterator[Callable[[], bool]]:
    """While the block runs, says whether Ctrl-C was pressed.

    Outside the main thread, where Python hands out no signals, nobody ever asks to stop; nor by a signal
    that the process was started to ignore.

    Args:
        tell: say on standard error that the step is being finished.
        signals: what asks to stop.

    Raises:
        KeyboardInterrupt: in the block, when it is asked for a second time.
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
    heard = [one for one in signals if main and signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, note) for one in heard}
    try:
        yield asked.is_set
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)

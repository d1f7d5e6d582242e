"""A program that is started, heard and ended: with all that it starts itself, and with a log.

It runs in a process group of its own, so that nothing of it is left running: not when it takes too
long, not after Ctrl-C, and not when the run ends. Should this process be killed outright, the program
sees the end of its standard input.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from bench.core.errors import EditFailed
from bench.core.identity import file_hash

__all__ = ["Program", "hashed_files"]

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)

_GRACE = 2.0
"""Seconds that a program has to end by itself before it is killed."""

_LONGEST_LOG = 64 * 1024
"""Bytes of a log's end that are kept beside a failure."""


class Program:
    """One start of a program.

    Args:
        words: the program and its arguments; no shell reads them.
        logs: the folder of its logs; each start has its own, NNNN.txt.
        talking: whether it is talked to over its standard input and output; otherwise what it writes
            to standard output goes into the log too.

    Attributes:
        number: of this start among all that have a log there, from 1.
        log: the file with what it prints.
        process: with pipes where it is talked to.

    Raises:
        EditFailed: it cannot be started.
    """

    def __init__(self, words: Sequence[str], logs: Path, *, talking: bool = False) -> None:
        self._name = words[0]
        self.number, self.log, file = _new_log(logs)
        pipe = subprocess.PIPE if talking else None
        with file:
            try:
                self.process: subprocess.Popen[bytes] = subprocess.Popen(
                    words,
                    stdin=subprocess.PIPE if talking else subprocess.DEVNULL,
                    stdout=pipe or file,
                    stderr=file,
                    start_new_session=True,
                    # A Python program's answers would otherwise wait in its buffer.
                    env={**os.environ, "PYTHONUNBUFFERED": "1"},
                )
            except OSError as error:
                raise self.failed(f"could not be started ({error.strerror})") from None
        # Ends the program when this object goes, and at the latest when Python does.
        self._ending = weakref.finalize(self, _end, self.process)

    def wait(self, seconds: float | None) -> int | None:
        """The exit code; None where it has not ended in time, and is ended then."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.end(at_once=True)

    def end(self, *, at_once: bool = False) -> None:
        """Ends the program and all that it has started; does nothing where it has ended.

        Args:
            at_once: do not wait until it ends by itself.
        """
        if at_once and self._ending.alive:
            _signal(self.process, _KILL)
        self._ending()

    def failed(self, what: str) -> EditFailed:
        """The failure of an edit, with the log's last line and where the log lies.

        Args:
            what: as in "ended with code 3".
        """
        text = ""
        with contextlib.suppress(OSError):  # the program may have removed its own log
            text = self.log.read_bytes()[-_LONGEST_LOG:].decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        said = f": {lines[-1]}" if lines else " and printed nothing"
        return EditFailed(
            f"program {self._name!r} (start {self.number}) {what}{said} (log: {self.log})", log=text
        )


def hashed_files(words: Iterable[str]) -> Mapping[str, str]:
    """SHA-256 of the files that a command line names, by the word that names them.

    A word is a file's path, or ends in one after "=" (`--config=a.yaml`); relative paths count from
    the working folder. A program that is looked for in PATH is not among them.
    """
    found = {}
    for word in words:
        for path in (word, word.partition("=")[2]):
            with contextlib.suppress(OSError, ValueError):  # a word that can be no path
                if path and Path(path).is_file():
                    found[word] = file_hash(Path(path))
                    break
    return found


def _new_log(folder: Path) -> tuple[int, Path, IO[Any]]:
    """A log of its own for this start, also where other processes start programs at the same time."""
    folder.mkdir(parents=True, exist_ok=True)
    logs = (log.stem for log in folder.glob("*.txt"))
    number = 1 + max((int(stem) for stem in logs if stem.isdecimal()), default=0)
    while True:
        path = folder / f"{number:04d}.txt"
        try:
            return number, path, path.open("xb")
        except FileExistsError:
            number += 1


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        # The end of its input asks a program that is talked to to end by itself.
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    # What it started may have outlived it.
    _signal(process, _KILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        elif process.poll() is None:
            process.send_signal(number)

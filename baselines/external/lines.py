"""A program that is told one edit a line and answers one line, for as long as a task takes.

It reads JSON from its standard input, one line an edit, and writes JSON to its standard output:

    {"id": "scene0", "seed": 17, "operation": "inpaint", "prompt": null, ...,
     "masked": "/.../masked.png", "mask": "/.../mask.png", "labels": ..., "result": "/.../scene0.png"}

    {"id": "scene0", "result": "/.../scene0.png"}      or      {"id": "scene0", "error": "why not"}

The next line comes when the last one is answered. Everything else that it has to say goes to standard
error, which is its log. When its standard input ends, it shall end.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from baselines.external.program import Program
from bench.core.errors import EditFailed

__all__ = ["Dialogue"]

_LONGEST_LINE = 1 << 20


class Dialogue:
    """A started program and the lines that go to and fro.

    Args:
        words: the program and its arguments.
        logs: the folder of its logs.

    Raises:
        EditFailed: it cannot be started.
    """

    def __init__(self, words: Sequence[str], logs: Path) -> None:
        self._program = Program(words, logs, talking=True)
        self._answers: queue.Queue[bytes] = queue.Queue()
        process = self._program.process
        assert process.stdout is not None
        listener = threading.Thread(
            target=_listen, args=(process.stdout, self._answers), daemon=True
        )
        listener.start()
        threading.Thread(
            target=_await_end, args=(process, listener, self._answers), daemon=True
        ).start()
        self.over = False
        """Whether the program has ended, or was ended because it broke the protocol."""

    def ask(self, request: Mapping[str, Any], seconds: float | None) -> Path:
        """The file that the program answers with.

        Args:
            request: the line to write, with an `id`.
            seconds: how long the answer may take; None = for ever.

        Raises:
            EditFailed: the program says that it cannot; or it ends, answers late or answers
                something else, and is then over.
        """
        try:
            self._tell(request)
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            raise self._broken(f"gave no answer within {seconds:g} s and was ended") from None
        except BaseException:  # Ctrl-C among them: nothing is left running
            self.end(at_once=True)
            raise
        if not line:
            raise self._ended()
        answer = _read(line)
        if answer is None:
            said = line[:80].decode(errors="replace").strip()
            raise self._broken(
                f"wrote {said!r} where a line of JSON with id and result or error was expected; "
                "everything else belongs on standard error"
            )
        if answer["id"] != request["id"]:
            raise self._broken(f"answered {answer['id']!r} when it was asked for {request['id']!r}")
        if "error" in answer:
            raise EditFailed(" ".join(answer["error"].split()) or "the program gave no reason")
        return Path(answer["result"])

    def end(self, *, at_once: bool = False) -> None:
        """Ends the program; it has a moment to end by itself, unless `at_once`."""
        self.over = True
        self._program.end(at_once=at_once)

    def _tell(self, request: Mapping[str, Any]) -> None:
        stdin = self._program.process.stdin
        assert stdin is not None
        try:
            # In ASCII, which a program reads alike whatever encoding its system has.
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        except OSError:
            raise self._ended() from None

    def _ended(self) -> EditFailed:
        code = self._program.wait(_PARTING)
        self.over = True
        if code is None:
            return self._program.failed("closed its standard output and was ended")
        return self._program.failed(f"ended with code {code} before it answered")

    def _broken(self, what: str) -> EditFailed:
        self.end(at_once=True)
        return self._program.failed(what)


_PARTING = 2.0
"""Seconds between the end of a program's output and its own end, whichever comes first."""


def _listen(stdout: IO[bytes], answers: queue.Queue[bytes]) -> None:
    """Hands every line on; an empty one at the end."""
    with stdout:
        while line := stdout.readline(_LONGEST_LINE):
            answers.put(line)
    answers.put(b"")


def _await_end(
    process: subprocess.Popen[bytes], listener: threading.Thread, answers: queue.Queue[bytes]
) -> None:
    """Tells the end of a program also where what it has started holds its output open."""
    process.wait()
    listener.join(_PARTING)
    answers.put(b"")


def _read(line: bytes) -> dict[str, str] | None:
    """The answer in a line; None where it is none."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or not isinstance(answer.get("id"), str):
        return None
    kind = [name for name in ("result", "error") if isinstance(answer.get(name), str)]
    return answer if len(kind) == 1 else None

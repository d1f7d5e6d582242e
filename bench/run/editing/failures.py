"""Why an edit failed: one sentence for the table, and a text with the traceback for who mends it.

The text lies in `failures/TASK/METHOD/HASH.txt`. The hash is of the traceback without what differs
from edit to edit (ids, numbers, addresses), so that edits which fail in the same way share one file,
which holds the first one's text. Paths lose the prefixes of the checkout and of installed packages, and
all other ones their folders: a run can be shown to others.
"""

from __future__ import annotations

import hashlib
import re
import sysconfig
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.core.atomic import write_text
from bench.core.errors import EditFailed
from bench.core.text import without_folders, writable
from bench.run.layout import RunFolder

__all__ = ["Failure", "failure_of", "write_failures"]

_CHECKOUT = Path(__file__).resolve().parents[3]
_VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+")


@dataclass(frozen=True)
class Failure:
    """What went wrong with one edit.

    Attributes:
        reason: one sentence.
        text: the traceback and what the editor printed; "" where there is neither.
        name: the file that holds the text, "HASH.txt"; "" where there is none.
    """

    reason: str
    text: str = ""
    name: str = ""


def failure_of(error: Exception, ids: Sequence[str], printed: str = "") -> Failure:
    """The failure that an editor's exception means.

    Args:
        error: as it came out of the editor.
        ids: the edits of the batch, whose names do not tell failures apart.
        printed: what the editor wrote to standard output and error during the batch.
    """
    trace = _without_harness(traceback.TracebackException.from_exception(error))
    written = _cut("".join(trace.format())) if _has_frames(trace) else ""
    log = _cut(getattr(error, "log", "") + printed)
    if not (written or log.strip()):
        return Failure(_reason(error))
    digest = hashlib.sha256(writable("\n".join(_alike(trace, ids))).encode()).hexdigest()[:12]
    parts = [f"first seen with: {', '.join(ids)}", written or _reason(error)]
    if log.strip():
        parts.append(f"what it printed:\n\n{log.rstrip()}")
    text = without_folders(writable("\n\n".join(part.rstrip() for part in parts)))
    return Failure(_reason(error), f"{text}\n", f"{digest}.txt")


def write_failures(folder: RunFolder, task: str, method: str, failures: Sequence[Failure]) -> None:
    """Writes each distinct text once; a file that is there stays as it is.

    Args:
        folder: the run.
        task, method: their slugs.
        failures: those of one method's edits.
    """
    for failure in failures:
        if failure.name:
            path = folder.failure(task, method, failure.name)
            if not path.exists():
                write_text(path, failure.text)


def _reason(error: Exception) -> str:
    text = without_folders(writable(" ".join(str(error).split()))) or "no message"
    return text if isinstance(error, EditFailed) else f"{type(error).__name__}: {text}"


def _chain(trace: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """The exception and those behind it."""
    found: traceback.TracebackException | None = trace
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _without_harness(trace: traceback.TracebackException) -> traceback.TracebackException:
    """Takes out our own frames above the editor's."""
    ours = str(Path(__file__).parent)
    for one in _chain(trace):
        frames = [frame for frame in one.stack if not frame.filename.startswith(ours)]
        one.stack = traceback.StackSummary.from_list(frames)
    return trace


def _alike(trace: traceback.TracebackException, ids: Sequence[str]) -> Iterator[str]:
    """What is the same in all failures that share a file: where it happened, and what was said."""
    for one in _chain(trace):
        for frame in one.stack:
            yield f"{_cut(frame.filename)}:{frame.lineno}:{frame.name}"
        said = _cut("".join(one.format_exception_only()))
        for name in sorted(ids, key=len, reverse=True):
            said = said.replace(name, "EDIT")
        yield _VARYING.sub("#", said)


def _has_frames(trace: traceback.TracebackException) -> bool:
    return any(one.stack for one in _chain(trace))


def _cut(text: str) -> str:
    """The text without what a path says of this machine and its user."""
    packages = {sysconfig.get_paths()[name] for name in ("purelib", "platlib", "stdlib")}
    for prefix in sorted({str(_CHECKOUT), *packages}, key=len, reverse=True):
        text = text.replace(f"{prefix}/", "").replace(f"{prefix}\\", "")
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text

"""Files that appear whole or not at all.

Algorithm: write to a temporary file in the target's own folder, flush, fsync, then `os.replace` onto
the final name (atomic on POSIX and Windows within one file system), then fsync the folder so that the
new name survives a power cut, where the file system can do that. A crash leaves at most a
`.NAME.XXXX.part` file, which nobody reads and the next write of the same name does not mind. Scope: one
writer per name; two writers both succeed and the later one wins, whole.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.core.errors import BadInput

__all__ = [
    "cannot_write",
    "create_file",
    "json_number",
    "json_text",
    "refuse_loss",
    "refuse_losses",
    "whole_file",
    "write_json",
    "write_text",
]


@contextlib.contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yields a temporary path; what was written there becomes `path` when the block ends well.

    A device or a pipe (/dev/stdout) stays what it is, and is given the content.

    Args:
        path: the file.
        durable: whether it must survive a power cut. Where False nothing waits for the disk, and after a
            power cut the file may be cut short: for what checks itself and can be made again.

    Raises:
        BadInput: where the disk is full or the folder cannot be written; `path` is untouched then.
    """
    if _is_special(path):
        with tempfile.TemporaryDirectory(prefix="siebench-") as folder:
            content = Path(folder) / "content"
            content.touch()
            yield content
            _pour(content, path)
        return
    try:
        try:
            temporary = _temporary(path)
        except FileNotFoundError:  # which is rare, so that nobody asks before
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = _temporary(path)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        raise cannot_write(path, error) from error
    try:
        yield temporary
        if durable:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
        if durable:
            _sync_folder(path.parent)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


def _temporary(path: Path) -> Path:
    """An empty file of a name that no other has, with the rights of any new file."""
    # Cut, so that a name of the greatest length still has room for what is added to it.
    found = path.parent / f".{path.name[:_NAME]}.{secrets.token_hex(8)}.part"
    # Not `tempfile`'s, which nobody else may read: the rights of others are in the umask, and that can
    # only be read by changing it for all threads.
    found.touch(exist_ok=False)
    return found


def _is_special(path: Path) -> bool:
    """Whether there is something that is neither a file nor a folder."""
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))


def _pour(content: Path, path: Path) -> None:
    """Writes a file's content into a device or a pipe; one that nobody reads is not waited for."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        os.set_blocking(handle, True)
        with content.open("rb") as source, os.fdopen(handle, "wb") as target:
            shutil.copyfileobj(source, target)
    except OSError as error:
        raise cannot_write(path, error) from error


def create_file(path: Path, content: bytes = b"") -> bool:
    """Creates a file where there is none; False where there is one already.

    Of any number of processes that create one name, on any machines that share the disk, exactly one
    gets True: O_EXCL, which local disks, NFS from version 3 on and cluster file systems keep. A reader
    may see the file before its content.

    Raises:
        BadInput: where the disk is full or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except FileExistsError:
        return False
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        path.unlink(missing_ok=True)  # empty it would be somebody's, and nobody would know whose
        raise cannot_write(path, error) from error
    return True


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Writes indented JSON with a final newline, whole or not at all."""
    write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """Indented JSON with a final newline, as `write_json` writes it.

    Raises:
        BadInput: where a number is not finite, for which JSON has no word.
    """
    try:
        return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError as error:
        raise BadInput(f"what is to be written as JSON cannot be: {error}") from error


def json_number(value: float | None) -> float | str | None:
    """A number as JSON holds it: an infinite one as text, "inf" or "-inf"; NaN as None.

    `float` reads all but None again.
    """
    if value is None or math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(float(value))


_END = 1 << 16
_SHOWN = 200
_NAME = 50  # characters, of four bytes at most; a file name has up to 255 bytes


def refuse_loss(
    out: Path, *, inputs: Sequence[Path | None] = (), ours: bytes = b"", force: bool = False
) -> None:
    """Refuses a file to write that is an input, or that is there already and somebody else's.

    To be asked before the work begins. What is no regular file (a terminal, a pipe) loses nothing.

    Args:
        out: the file that will be written.
        inputs: the files that are read for it.
        ours: a regular expression over the first and the last 64 KiB of a file that siebench wrote; ""
            where none can be told.
        force: the user wants it written in any case.

    Raises:
        BadInput: where `out` would be lost, is a folder or has a name that no file can have.
    """
    try:
        there = out.stat()
        if stat.S_ISDIR(there.st_mode):
            raise BadInput(f"{out}: is a folder; give the name of a file")
        if force or not stat.S_ISREG(there.st_mode) or there.st_size == 0:
            return
        if any(one is not None and one.exists() and out.samefile(one) for one in inputs):
            raise BadInput(f"{out}: is read by this very command; give another file, or --force")
        with out.open("rb") as file:
            known = file.read(_END)
            if there.st_size > _END:
                file.seek(max(_END, there.st_size - _END))
                known += file.read()
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise cannot_write(out, error) from error
    if not ours or re.search(ours, known, re.DOTALL) is None:
        raise BadInput(
            f"{out}: is there already and siebench did not write it; give another file, or --force "
            "to replace it"
        )


def refuse_losses(
    outs: Mapping[str, tuple[Path | None, bytes]],
    *,
    inputs: Sequence[Path | None] = (),
    force: bool = False,
) -> None:
    """As `refuse_loss` for all files that one command writes, which must be different ones.

    Args:
        outs: the file (None where none is asked for) and what it is known by, by the command's option.
        inputs: the files that are read for them.
        force: the user wants them written in any case.

    Raises:
        BadInput: as `refuse_loss`; two options with one file, which nothing can force.
    """
    options: dict[Path, str] = {}
    for option, (out, ours) in outs.items():
        if out is None:
            continue
        try:
            place = out.resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise cannot_write(out, error) from error
        if place in options:
            raise BadInput(f"{options[place]} and {option} both name {out}; give each its own file")
        options[place] = option
        refuse_loss(out, inputs=inputs, ours=ours, force=force)


def cannot_write(path: Path, error: Exception) -> BadInput:
    """That something cannot be written there, why, and what to do."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    full = getattr(error, "errno", None) == errno.ENOSPC
    advice = "free some space" if full else "choose another place"
    text = str(path)
    shown = text if len(text) <= _SHOWN else f"{text[:100]}...{text[-60:]}"
    return BadInput(f"{shown}: cannot be written ({reason}); {advice}")


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    # The file is there and whole. A folder that may not be read, and some disks of a network, give an error.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

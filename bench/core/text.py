"""How names, counts and times are written: in file names, sentences and records."""

from __future__ import annotations

import datetime
import hashlib
import re
from pathlib import Path

__all__ = ["counted", "now", "portable", "shortened", "slug", "without_folders"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST = 100
_NAME = r"""[^\s"'`()\[\]<>:;,/\\]"""
_PATH = re.compile(
    rf"""(?<![^\s"'`(\[=,:;])(?:[A-Za-z]:(?:\\+|/)|~?/)(?:{_NAME}+(?:\\+|/))+(?P<last>{_NAME}*)"""
)
"""An absolute path of at least two parts; an address (https://) is none."""


def slug(name: str) -> str:
    """A file name for `name`, safe on every system; different names get different ones.

    A name that is safe already stays as it is; another one is cleaned and told apart by eight
    digits of its hash.
    """
    clean = _UNSAFE.sub("_", name).strip("._")[:_LONGEST]
    if clean and clean == name:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{clean or 'unnamed'}-{digest}"


def counted(count: int, what: str) -> str:
    """The count with its noun: "1 edit", "2 edits".

    Args:
        count: how many.
        what: the noun in the singular; it must take a plain s.
    """
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def portable(path: Path | str) -> str:
    """A path as files say it that leave this machine: as it is where it leads down from here.

    Of an absolute path, or of one that leads up, only the last part is left.
    """
    found = Path(path)
    inside = not found.is_absolute() and ".." not in found.parts
    return found.as_posix() if inside else found.name or found.resolve().name


def without_folders(text: str) -> str:
    """The text with every absolute path cut to its last part, "…/model.pth".

    What leaves a machine (reports, exports) says nothing of its folders and its user.
    """
    return _PATH.sub(lambda found: f"…/{found['last']}", text)


def now() -> str:
    """The time as records write it: ISO 8601, UTC, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def shortened(text: str, longest: int = 1000) -> str:
    """A sentence for a terminal: what is longer loses its middle, where long values stand.

    Characters that would move the cursor or turn the writing round are written as escapes.
    """
    text = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} ... {text[-half:]}"

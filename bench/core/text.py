"""How names, counts and times are written: in file names, sentences and records."""

from __future__ import annotations

import datetime
import hashlib
import html
import re
from pathlib import Path

__all__ = [
    "counted",
    "markdown_text",
    "now",
    "portable",
    "shortened",
    "slug",
    "without_folders",
    "writable",
]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST = 100
_MARKUP = re.compile(r"[\\`*_\[\]|~#]|^[-+=](?=[-+=\s])|^\d{1,9}[.)](?=\s|$)")
"""What Markdown reads anywhere, and what makes a list or a rule where a line begins with it."""

_NAME = r"""[^\s"'`()\[\]<>:;,/\\]"""
_BEGINS = r"""(?<![^\s"'`(\[=,:;])(?:[A-Za-z]:(?:\\+|/)|~?/)"""
_PATH = re.compile(rf"{_BEGINS}(?:{_NAME}+(?:\\+|/))+(?P<last>{_NAME}*)")
"""An absolute path of at least two parts; an address (https://) is none."""

_QUOTED = re.compile(
    r"""(?P<quote>["'`])(?:[A-Za-z]:(?:\\+|/)|~?/)[^"'`\n<>]*[/\\](?P<last>[^"'`\n<>/\\]*)(?P=quote)"""
)
"""An absolute path in quotes, which may hold spaces."""

_BEGIN = re.compile(_BEGINS)
_BEYOND = re.compile(rf"(?:{_NAME}+(?:\\+|/))+")
_PARTS = 64
"""Parts of a path that are looked for on disk."""


def slug(name: str) -> str:
    """A file name for `name`, of ASCII letters, digits, `.`, `_` and `-`; different names get different ones.

    A name that is safe already stays as it is; another one is cleaned and told apart by eight
    digits of its hash. Names that differ in capitals alone are told apart where the disk does so; a
    suite that has such names is refused.
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


def markdown_text(text: str) -> str:
    """The text as Markdown shows it: on one line, within its cell of a table, never read as markup."""
    plain = html.escape(" ".join(text.split()), quote=False)
    return _MARKUP.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", plain)


def portable(path: Path | str) -> str:
    """A path as files say it that leave this machine: as it is where it leads down from here.

    Of an absolute path, or of one that leads up, only the last part is left.
    """
    found = Path(path)
    inside = not found.is_absolute() and ".." not in found.parts
    return found.as_posix() if inside else found.name or found.resolve().name


def without_folders(text: str) -> str:
    """The text with every absolute path cut to its last part, "…/model.pth".

    What leaves a machine (a run's tables, reports, exports) says nothing of its folders and its user.
    A folder with spaces in its name is known where it is there, or where the path stands in quotes.
    """
    if "/" not in text and "\\" not in text:
        return text
    quoted = _QUOTED.sub(lambda found: "{0}…/{1}{0}".format(*found.group("quote", "last")), text)
    return _PATH.sub(lambda found: f"…/{found['last']}", _without_known(quoted))


def _without_known(text: str) -> str:
    """The text without the folders that are on this machine."""
    parts, place = [], 0
    for found in _BEGIN.finditer(text):
        end = _folder_end(text, found.start(), found.end()) if found.start() >= place else 0
        if end:
            parts.append(f"{text[place : found.start()]}…/")
            beyond = _BEYOND.match(text, end)
            place = end if beyond is None else beyond.end()
    return "".join([*parts, text[place:]])


def _folder_end(text: str, start: int, first: int) -> int:
    """Where the longest folder that is there ends, behind its separator; 0 where there is none."""
    if text.startswith("//", start):
        return 0  # an address
    line = text[start : text.find("\n", start) if "\n" in text[start:] else len(text)]
    ends = [at.end() for at in re.finditer(r"[/\\]+", line) if at.end() > first - start]
    for end in reversed(ends[:_PARTS]):
        try:
            if Path(line[:end]).expanduser().is_dir():
                return start + end
        except (OSError, RuntimeError, ValueError):  # too long, nobody's home, no path at all
            continue
    return 0


def writable(text: str) -> str:
    r"""The text with what no file can hold as escapes: NUL, and bytes of names that are not UTF-8.

    >>> print(writable("no file caf\udce9.png"))
    no file caf\udce9.png
    """
    return _UNWRITABLE.sub(lambda found: ascii(found[0])[1:-1], text)


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

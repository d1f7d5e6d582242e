"""Names as file names: every task, method and edit has a folder or a picture of its own."""

from __future__ import annotations

import hashlib
import re

__all__ = ["slug"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 100


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

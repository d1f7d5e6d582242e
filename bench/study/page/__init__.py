"""The page of a study: its files, and its HTML with the study's texts.

The page asks for nothing beyond its own folder, and for an address to send answers to where one was
given; a content security policy forbids the rest. Everything that it shows comes from the manifest and
is shown as text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import urlsplit

from bench.core.errors import BadInput

__all__ = ["LAB", "PAGE_FILES", "page_html", "with_answers"]

PAGE_FILES = ("study.css", "study.js", "screens.js", "session.js", "sending.js")
"""What lies beside index.html, as it is here."""

LAB = "lab"
"""Where a page that `siebench study serve` serves sends its answers: back to the server."""

_ANSWERS = re.compile(r'(<meta name="answers" content=")[^"]*(">)')


def page_html(texts: Mapping[str, str], post: str = "") -> str:
    """index.html.

    Args:
        texts: of the study.
        post: the address that finished answers are sent to; "" where they are downloaded.

    Raises:
        BadInput: an address that is not http or https.
    """
    connect = "'self'"
    if post:
        parts = urlsplit(post)
        if parts.scheme not in ("http", "https") or not re.fullmatch(r"[\w.:\[\]-]+", parts.netloc):
            raise BadInput(
                f"--post {post!r}: expected an address as in https://example.org/answers"
            )
        connect += f" {parts.scheme}://{parts.netloc}"
    page = (files(__name__) / "index.html").read_text(encoding="utf-8")
    fields = {"language": texts["language"], "title": texts["title"], "no_study": texts["no_study"]}
    for name, value in (*fields.items(), ("answers", post), ("connect", connect)):
        page = page.replace(f"{{{{ {name} }}}}", html.escape(value, quote=name != "connect"))
    return page


def with_answers(page: str, where: str) -> str:
    """The page, sending its answers to another place."""
    return _ANSWERS.sub(rf"\g<1>{html.escape(where)}\g<2>", page)

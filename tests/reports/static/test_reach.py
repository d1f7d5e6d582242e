"""Pages work in Firefox 115 and Safari 16.4, of spring 2023, and in all that came later.

The other browser tests drive Chromium alone. Here is what Chromium takes and those two do not; the
versions that do are those of MDN's browser compatibility data.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("reports/static", "reports/templates", "bench/study/page")
PAGES = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).iterdir())
    if path.suffix in (".css", ".html", ".js")
]
SHEETS = [path for path in PAGES if path.suffix == ".css"]

STYLES = {
    r"light-dark\(": "Firefox 120, Safari 17.5",
    r"(^|[{}])\s*[^@{}\s][^@{}]*\{[^{}]*\{": "a rule in a rule: Firefox 117, Safari 17.2",
    r"@starting-style": "Firefox 129, Safari 17.5",
}
SCRIPTS = {
    r"\bpopover|showPopover\(": "Firefox 125, Safari 17",
    r"\b(Object|Map)\.groupBy\(": "Firefox 119, Safari 17.4",
    r"Promise\.withResolvers\(": "Firefox 121, Safari 17.4",
    r"startViewTransition\(": "Firefox 144, Safari 18",
    r"\bimport\b.*\bwith \{": "Firefox 138, Safari 17.2",
    r"show(OpenFile|SaveFile|Directory)Picker\(": "Chromium alone",
    r"requestIdleCallback\(": "no Safari",
}


def code(path: Path) -> str:
    """A file without CSS's comments."""
    return re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_asks_for_nothing_that_these_browsers_lack(path: Path):
    newer = STYLES if path.suffix == ".css" else SCRIPTS
    assert [since for what, since in newer.items() if re.search(what, code(path), re.M)] == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_what_can_be_selected_is_said_in_safaris_spelling_too(path: Path):
    """No Safari knows `user-select`: a drag of the divider selected the images, and tinted them."""
    rules = re.findall(r"\{([^{}]*)\}", code(path))
    ours = [re.findall(r"(?<!-)\buser-select: (\w+)", rule) for rule in rules]
    assert ours == [re.findall(r"-webkit-user-select: (\w+)", rule) for rule in rules]


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_selector_that_firefox_115_does_not_know_stands_alone(path: Path):
    """It knows no `:has()`, and drops the whole of a list with one selector that it does not know."""
    selectors = re.findall(r"[^{}]+(?=\{)", code(path))
    assert [one for one in selectors if ":has(" in one and "," in one] == []

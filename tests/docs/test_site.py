"""The pages hang together: every page has a place, every link a target, also without a build."""

import re
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import DOCS

ROOT = DOCS.parent
PAGES = sorted(DOCS.rglob("*.md"))
READ = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def places(nav):
    """The files that a navigation names."""
    if isinstance(nav, str):
        return [nav]
    inner = nav.values() if isinstance(nav, dict) else nav
    return [file for entry in inner for file in places(entry)]


def prose(path):
    """A page's text without its code blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def test_every_page_has_one_place_in_the_navigation():
    nav = places(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"])
    assert sorted(nav) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


@pytest.mark.parametrize("page", READ, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page):
    for target in LINK.findall(prose(page)):
        if not re.match(r"https?:|#", target):
            assert (page.parent / target.split("#")[0]).exists(), target


def test_nobody_is_told_to_install_a_name_that_is_not_registered():
    for page in READ:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"pip install s(i?)ebench", text), page


def test_measured_figures_have_their_date():
    for page in sorted((DOCS / "measurements").glob("*.md")):
        if page.name != "index.md":
            assert re.search(r"20\d\d-\d\d-\d\d", page.read_text(encoding="utf-8")), page.name


def test_paths_that_code_cites_exist():
    for folder in ("bench", "baselines", "masks", "reports", "siebench"):
        for file in Path(ROOT / folder).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            for cited in re.findall(r"(?<![\w/-])docs/[\w/-]+\.md", text):
                assert (ROOT / cited).is_file(), f"{file.relative_to(ROOT)}: {cited}"

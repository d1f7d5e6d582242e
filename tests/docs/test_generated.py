"""What the reference pages take from the code is all there, and says what it means."""

import re

import pytest

import siebench
from bench.cli.app import app
from bench.plugins.kinds import DATASETS, METRICS
from tests.docs.pages import DOCS

markdown = pytest.importorskip("markdown")
generated = pytest.importorskip(
    "docs.generated", reason="Markdown is not installed: see the docs session"
)


def rows(text):
    """The cells of every table row in a Markdown text, headings left out."""
    lines = [line for line in text.splitlines() if line.startswith("|") and "| ---" not in line]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_command_has_a_heading_and_every_option_a_meaning():
    text = generated.commands()
    for command in app.registered_commands:
        assert re.search(rf"^## {command.name}$", text, re.MULTILINE), command.name
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands:
            name = command.name or command.callback.__name__.replace("_", "-")
            assert re.search(rf"^### {group.name} {name}$", text, re.MULTILINE), name
    assert [row[0] for row in rows(text) if not row[-1]] == []


def test_an_option_that_takes_a_few_words_names_them_and_its_default():
    (form,) = (row[1] for row in rows(generated.commands()) if row[0] == "`--form FORM`")
    assert form.endswith("One of `pair`, `pick`, `timed`, `opinion`. Default: `pair`.")


def test_every_field_of_a_suite_has_a_meaning():
    text = generated.suite()
    for field in siebench.Suite.model_fields:
        assert f"| `{field}` |" in text
    assert [row[0] for row in rows(text) if not row[-1].strip("| ")] == []


def test_every_field_of_a_study_has_a_meaning():
    text = generated.study()
    for field in siebench.StudyReading.model_fields:
        assert f"| `{field}` |" in text
    assert [row for row in rows(text) if not row[-1].strip("| ")] == []


def test_every_metric_has_a_section_or_is_in_the_table_of_scores():
    page = (DOCS / "reference/metrics.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^## (.*)$", page, re.MULTILINE))))
    for name in METRICS.names():
        assert name in headings or f"`{name}`" in page or name.endswith("-original"), name


def test_every_dataset_is_in_the_table():
    text = generated.datasets()
    for name in DATASETS.names():
        assert f"| `{name}` |" in text


def test_every_file_of_a_run_is_listed():
    text = generated.layout()
    for file in ("run.json", "scores.parquet", "samples/TASK/", "predictions/TASK/METHOD/EDIT.png"):
        assert f"| `{file}` |" in text


def test_every_column_of_a_run_has_a_meaning():
    text = generated.columns()
    assert "psnr" in text or "value" in text
    assert [row[0] for row in rows(text) if not row[-1].strip("| ")] == []


def test_the_whole_public_api_is_on_its_page():
    page = (DOCS / "reference/api.md").read_text(encoding="utf-8")
    for name in set(siebench.__all__) - {"__version__", "testing"}:
        assert f"::: siebench.{name}\n" in page, name
    assert "::: siebench.testing.check\n" in page


def test_a_mark_has_a_line_that_the_site_leaves_out():
    for page in DOCS.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"<!-- generated: ([a-z-]+) -->", text):
            above = rf"^{re.escape(generated.WITHOUT_SITE)}.+\n\n<!-- generated: {name} -->$"
            assert re.search(above, text, re.MULTILINE), f"{page.name}: {name}"
    page = f"# A\n\n{generated.WITHOUT_SITE} ...*\n\n<!-- generated: networks -->\n\nEnd."
    html = markdown.markdown(page, extensions=["docs.generated", "tables"])
    assert html.startswith("<h1>A</h1>\n<table>")
    assert html.endswith("</table>\n<p>End.</p>")


def test_a_page_asks_only_for_what_is_made():
    for page in DOCS.rglob("*.md"):
        for name in re.findall(r"<!-- generated: ([a-z-]+) -->", page.read_text(encoding="utf-8")):
            assert name in generated.MADE, f"{page.name}: {name}"

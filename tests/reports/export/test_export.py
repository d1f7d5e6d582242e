"""One function for every form of a run's tables."""

from __future__ import annotations

import csv as tables
import io
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run.reader import read_run
from reports import export as forms
from reports.export import FORMS, export
from reports.export.csv_table import csv
from reports.export.latex_table import latex, latex_document
from reports.export.markdown_table import markdown


def test_each_form_gives_what_its_own_function_gives(made: Path):
    run = read_run(made)
    assert export(made) == markdown(run)
    assert export(made, "latex", intervals=False) == latex(run)
    assert export(made, "latex-document") == latex_document(run, intervals=True)
    assert export(made, "csv") == csv(run)


def test_the_text_is_written_where_a_file_is_named(made: Path, tmp_path: Path):
    text = export(made, "markdown", tmp_path / "new" / "table.md")
    assert (tmp_path / "new" / "table.md").read_text(encoding="utf-8") == text


def test_chosen_columns_are_the_same_in_every_form(made: Path):
    rows = list(tables.DictReader(io.StringIO(export(made, "csv", columns=["miou"]))))
    assert {row["metric"] for row in rows} == {"miou"}
    for form in ("markdown", "latex", "latex-document"):
        text = export(made, form, columns=["miou"])
        assert "mIoU" in text
        assert "PSNR" not in text


def test_an_unknown_column_is_named_with_the_nearest(made: Path):
    with pytest.raises(BadInput, match="unknown score 'mio'; did you mean 'miou'"):
        export(made, columns=["mio"])


def test_the_command_line_knows_every_form():
    from bench.cli.export import Format

    assert {form.value for form in Format} == set(FORMS)


def test_an_unknown_form_is_named_with_the_nearest(made: Path):
    with pytest.raises(BadInput, match="unknown form 'latx'; did you mean 'latex'"):
        forms.export(made, "latx")  # type: ignore[arg-type]

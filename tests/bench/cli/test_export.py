"""A run's tables and figures by command."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.reports.made_run import make_run


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", edits=4, methods=3, tasks=1)


def test_markdown_goes_to_standard_output(call, made: Path) -> None:
    code, out, _ = call("export", made)
    assert code == 0
    assert "\n| Diffusion |" in out


def test_csv_has_a_line_a_score(call, made: Path, tmp_path: Path) -> None:
    assert call("export", made, "--format", "csv", "--out", tmp_path / "t.csv")[0] == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text(encoding="utf-8"))))
    assert {"task", "method", "metric", "value", "low", "high", "n"} <= set(rows[0])


def test_latex_uses_booktabs(call, made: Path) -> None:
    code, out, _ = call("export", made, "--format", "latex", "--plain")
    assert code == 0
    assert "\\toprule" in out


def test_columns_are_chosen_by_name(call, made: Path) -> None:
    code, out, _ = call("export", made, "--columns", "miou,psnr", "--columns", "psnr")
    assert code == 0
    assert "| Method | mIoU ↑ | PSNR (dB) ↑ |" in out


def test_figures_are_written_as_svg_and_pdf(call, tmp_path: Path) -> None:
    made = make_run(tmp_path / "small", edits=2, methods=2, tasks=1)
    code, out, _ = call("figures", made, "--out", tmp_path / "figures")
    assert code == 0
    assert {Path(line).suffix for line in out.split()} == {".svg", ".pdf"}


def test_a_folder_that_is_no_run_is_one_sentence(call, tmp_path: Path) -> None:
    code, _, err = call("export", tmp_path)
    assert code == 2
    assert str(tmp_path) in err


def test_scores_are_exported_by_slices(call, made: Path) -> None:
    code, out, _ = call("export", made, "--by", "coverage", "--format", "csv", "--columns", "psnr")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {(row["by"], row["metric"]) for row in rows} == {("coverage", "psnr")}
    code, _, err = call("export", made, "--by", "colour")
    assert code == 2
    assert "unknown column to slice by 'colour'" in err


def test_a_run_goes_where_results_are_kept(call, made: Path, tmp_path: Path) -> None:
    code, out, _ = call("export", made, "--to", "tensorboard", "--out", tmp_path / "logs")
    assert code == 0
    files = [Path(line) for line in out.split()]
    assert [file.parent.name for file in files] == ["copy", "diffusion", "nearest"]
    assert all(file.is_file() for file in files)
    code, out, _ = call("export", made, "--to", "hf-card", "--method", "nearest")
    assert (code, out.split()) == (0, [str(made / "cards" / "nearest.md")])


def test_options_of_tables_and_of_destinations_do_not_mix(call, made: Path) -> None:
    code, _, err = call("export", made, "--to", "mlflow", "--by", "coverage")
    assert code == 2
    assert "--by is for tables; leave it out, or leave out --to" in err
    code, _, err = call("export", made, "--method", "copy")
    assert code == 2
    assert "--method goes with --to" in err

"""`siebench trainings` on a real run: a verdict a line, a table, figures."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from baselines.checkpoints.loading import ZOO
from bench.cli.app import app
from bench.run.suite_run import run_suite

SUITE = """
name: twice
composite: known-bytes
datasets:
  rooms: {dataset: procedural-rooms, split: test, size: 32, fit: resize, limit: 6}
tasks:
  - {dataset: rooms, protocol: freeform@1}
methods:
  - {name: near, editor: nearest}
  - {name: near-seed1, editor: nearest}
  - {name: mean, editor: mean-colour}
  - {name: mean-seed1, editor: mean-colour}
metrics: [psnr]
"""


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twice")
    (folder / "twice.yaml").write_text(SUITE)
    run_suite(folder / "twice.yaml", out=folder / "run")
    return folder / "run"


def siebench(*arguments: object):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_every_variant_and_score_has_a_line_a_row_and_a_figure(twice: Path, tmp_path: Path) -> None:
    table, figures = tmp_path / "t.md", tmp_path / "figures"
    result = siebench("trainings", twice, "--markdown", table, "--figures", figures)
    assert result.exit_code == 0, result.output
    assert "near-seed1: is the same network as near, so the spread" in result.stderr
    lines = [line for line in result.output.splitlines() if "near -> mean" in line]
    assert [line.split(" / ")[-1].split(":")[0] for line in lines] == ["psnr", "psnr-hole"]
    rows = [line for line in table.read_text().splitlines() if line.startswith("| PSNR")]
    assert len(rows) == 2
    assert "near: " in rows[0]
    drawn = sorted(path.name for path in figures.rglob("*.*"))
    assert drawn == ["trainings.pdf", "trainings.svg"]
    assert "PSNR" in next(figures.rglob("*.svg")).read_text(encoding="utf-8")


def test_an_unknown_reference_is_answered_with_the_nearest(twice: Path) -> None:
    result = siebench("trainings", twice, "--reference", "neer")
    assert "did you mean 'near'" in str(result.exception)


def test_several_runs_make_a_curve(twice: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    shutil.copytree(twice, later)
    table, figures = tmp_path / "t.md", tmp_path / "figures"
    words = ("--examples", "8000,64000", "--markdown", table, "--figures", figures)
    result = siebench("trainings", twice, later, *words)
    assert result.exit_code == 0, result.output
    assert result.output.count("near -> mean / psnr:") == 2
    assert "8,000 examples | 64,000 examples |" in table.read_text()
    assert "mean: is the same network in " in result.stderr
    drawn = sorted(path.name for path in figures.rglob("*.*"))
    assert drawn == ["training-curve.pdf", "training-curve.svg"]
    text = next(figures.rglob("*.svg")).read_text(encoding="utf-8")
    assert "64k" in text
    assert "mean" in text


def test_several_runs_need_the_examples_that_each_had_seen(twice: Path, tmp_path: Path) -> None:
    result = siebench("trainings", twice, tmp_path)
    assert "2 runs: say how many examples" in str(result.exception)


def test_a_copy_of_the_weights_is_no_other_training(tmp_path: Path) -> None:
    shipped = ZOO / "spmpgan-s-procedural.safetensors"
    shutil.copy(shipped, tmp_path / "copy.safetensors")
    trained = SUITE.replace("editor: nearest", "editor: spmpgan, options: {weights: A}", 1)
    trained = trained.replace("editor: nearest", "editor: spmpgan, options: {weights: B}", 1)
    (tmp_path / "twice.yaml").write_text(
        trained.replace("A}", f"{shipped}}}").replace("B}", f"{tmp_path / 'copy.safetensors'}}}")
    )
    run_suite(tmp_path / "twice.yaml", out=tmp_path / "run")
    assert (
        "near-seed1: is the same network as near" in siebench("trainings", tmp_path / "run").stderr
    )

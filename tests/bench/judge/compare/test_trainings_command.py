"""`siebench trainings` on a real run: a verdict a line, a table, figures."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file
from typer.testing import CliRunner

from baselines.checkpoints import read_card
from baselines.checkpoints.loading import ZOO
from baselines.checkpoints.writing import write_weights
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


def test_networks_that_were_not_trained_alike_are_named_on_the_terminal_under_the_table_and_the_figure(
    tmp_path: Path,
) -> None:
    shipped = ZOO / "spmpgan-s-procedural.safetensors"
    facts = json.loads(shipped.with_suffix(".json").read_text())
    for name, steps in (("full", 4000), ("again", 4000), ("short", 2000)):
        said = {**facts, "steps": steps, "examples": 16 * steps}
        card = read_card(shipped).model_copy(update={"training": said})
        write_weights(tmp_path / f"{name}.safetensors", load_file(shipped), card, {})
    suite, methods = SUITE.split("methods:")[0], ("full", "again", "short")
    suite += "metrics: [psnr]\nmethods:\n" + "".join(
        f"  - {{name: {method}, editor: spmpgan, options: {{weights: {file}.safetensors}}}}\n"
        for method, file in zip(("full", "w/o prog", "w/o prog-seed1"), methods)
    )
    (tmp_path / "alike.yaml").write_text(suite)
    run = run_suite(tmp_path / "alike.yaml", out=tmp_path / "run")
    assert run.method("full").recipe["examples"] == 64000
    table, figures, paper = tmp_path / "t.md", tmp_path / "figures", tmp_path / "t.tex"
    words = ("--markdown", table, "--latex", paper, "--figures", figures)
    result = siebench("trainings", tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    (line,) = [one for one in result.stderr.splitlines() if "otherwise" in one]
    fields = "examples: 32000 against 64000; steps: 2000 against 4000; length: 4000 against not set"
    assert line.startswith(f"w/o prog-seed1: was trained otherwise than w/o prog ({fields})")
    assert "\n\n- w/o prog-seed1: is the same network as w/o prog" in table.read_text()
    assert f"\n- {line}\n" in table.read_text()
    tabular = paper.read_text().split(r"\begin{tabular}")[1]
    assert tabular.startswith("{lllll}")
    assert r"w/o prog-seed1: was trained otherwise than w/o prog" in tabular
    (cells,) = {row.count(" & ") for row in tabular.splitlines() if row.endswith(r"\\")}
    assert cells == 4
    assert "w/o prog-seed1: was trained otherwise than" in next(figures.rglob("*.svg")).read_text()

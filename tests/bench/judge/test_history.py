"""Runs of a folder over time: order, protocols apart, change points, and the page."""

import json
import math
import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.core.errors import BadInput
from bench.judge.history import read_history
from reports.history import PAD, write_history
from tests.reports.made_run import make_run


def write_run(
    folder: Path, day: int, shift: float, *, protocol: str | None = None, **header
) -> None:
    """A made run whose PSNR is shifted, begun on a day of January."""
    make_run(folder, edits=2, methods=1, tasks=1, size=16)
    scores = pd.read_parquet(folder / "scores.parquet")
    psnr = scores["metric"] == "psnr"
    scores.loc[psnr, ["value", "low", "high"]] += shift
    if protocol is not None:
        scores["protocol"] = protocol
    scores.to_parquet(folder / "scores.parquet")
    record = json.loads((folder / "run.json").read_text())
    record |= {"started": f"2026-01-{day:02d}T10:00:00+00:00", **header}
    record["git"] = {"commit": f"{day:010x}" + "0" * 30, "dirty": False}
    (folder / "run.json").write_text(json.dumps(record))


@pytest.fixture
def folder(tmp_path) -> Path:
    """Five runs, written in another order than they were begun; PSNR falls on the fourth day."""
    for day, shift in ((5, -1), (1, 0), (4, -1), (2, 0), (3, 0)):
        write_run(tmp_path / f"run-{day}", day, shift)
    return tmp_path


def psnr(history):
    return next(series for series in history.series if series.metric == "psnr")


def test_runs_come_in_the_order_of_their_start(folder) -> None:
    names = [run.folder.name for run in read_history(folder).runs]
    assert names == ["run-1", "run-2", "run-3", "run-4", "run-5"]


def test_the_run_that_moved_a_metric_is_named(folder) -> None:
    history = read_history(folder)
    (move,) = psnr(history).moves
    assert (move.run, move.verdict) == (3, "worse")
    assert move.after - move.before == pytest.approx(-1)
    assert all(not series.moves for series in history.series if series.metric != "psnr")


def test_runs_of_another_protocol_are_another_series(folder) -> None:
    write_run(folder / "run-6", 6, 9, protocol="ff" * 32)
    found = [series for series in read_history(folder).series if series.metric == "psnr"]
    assert [len(series.points) for series in found] == [5, 1]


def test_the_page_stands_alone_and_escapes_names(folder, tmp_path) -> None:
    write_run(folder / "<b>run", 7, 0)
    page = write_history(read_history(folder), tmp_path / "out" / "history.html").read_text()
    assert "worse:" in page
    assert "0000000004" in page
    assert "&lt;b&gt;run" in page
    assert "<b>" not in page
    assert "http:" not in page
    assert "https:" not in page
    assert "<script" not in page


def test_a_move_names_the_users_commit_and_a_new_siebench_apart(folder, tmp_path) -> None:
    for day in (4, 5):
        record = json.loads((folder / f"run-{day}" / "run.json").read_text())
        record |= {
            "versions": {"siebench": "0.9.0"},
            "harness": {"commit": "ee" * 20, "dirty": False},
        }
        (folder / f"run-{day}" / "run.json").write_text(json.dumps(record))
    page = write_history(read_history(folder), tmp_path / "history.html").read_text()
    (said,) = [line for line in page.splitlines() if "worse:" in line]
    assert "run-4 0000000004" in said
    assert "siebench 0.1.0 → 0.9.0 eeeeeeeeee" in said


def test_unfinished_runs_are_left_out_and_named(folder) -> None:
    write_run(folder / "run-8", 8, 0, state="running")
    history = read_history(folder)
    assert len(history.runs) == 5
    assert history.skipped == ("run-8: not finished",)


def test_a_score_of_fewer_edits_is_left_out_and_named(folder) -> None:
    write_run(folder / "run-6", 6, 9)
    scores = pd.read_parquet(folder / "run-6" / "scores.parquet")
    scores["n"] -= 1
    scores.to_parquet(folder / "run-6" / "scores.parquet")
    history = read_history(folder)
    series = psnr(history)
    assert len(series.points) == 5
    assert history.skipped == (
        f"run-6: {series.task} / {series.method}: 1 of 2 edits have a value",
    )


def test_an_infinite_value_stands_at_the_edge_of_its_chart_and_not_beside_the_others(
    folder,
) -> None:
    for run in sorted(folder.iterdir()):
        own = pd.read_parquet(run / "scores.parquet")
        own.loc[own["metric"] == "psnr", ["value", "low", "high"]] = [30.0, None, None]
        own.loc[(own["metric"] == "psnr") & (run.name == "run-3"), "value"] = math.inf
        own.to_parquet(run / "scores.parquet")
    page = write_history(read_history(folder), folder / "history.html").read_text()
    chart = next(part for part in page.split("<article") if "run-3" in part and "∞" in part)
    heights = re.findall(r'class="dot" cx="[0-9.]+" cy="([0-9.]+)"', chart)
    assert heights == ["60.0", "60.0", f"{PAD:.1f}", "60.0", "60.0"]


def test_the_command_says_how_many_moved(folder) -> None:
    result = CliRunner().invoke(app, ["history", str(folder)])
    assert result.exit_code == 0
    assert "1 moved" in result.output
    assert (folder / "history.html").is_file()


def test_a_folder_without_runs_is_refused(tmp_path) -> None:
    with pytest.raises(BadInput, match="holds no finished run"):
        read_history(tmp_path)
    with pytest.raises(BadInput, match="no such folder"):
        read_history(tmp_path / "none")

"""Who is best at what, on the first screen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from bench.run.reader import Run, read_run
from reports.findings import findings, standings
from reports.overview import Overview, Winner, main_scores, overview, uncounted
from reports.table import task_table


def seen(run: Run) -> Overview:
    return overview(run, [task_table(run, task) for task in run.header.tasks])


def winner(run: Run, score: str, task: int = 0) -> Winner:
    found = seen(run)
    return found.rows[task].winners[[column.name for column in found.columns].index(score)]


def test_one_score_stands_for_each_family_and_the_masked_regions_before_the_images(run: Run):
    assert [column.name for column in seen(run).columns] == [
        "psnr-hole",
        "l1-hole",
        "lpips-alex",
        "miou",
    ]


def test_what_has_no_room_among_the_main_scores_is_named_as_not_counted(run: Run, monkeypatch):
    monkeypatch.setattr("reports.overview.MOST_COLUMNS", 2)
    tables = [task_table(run, task) for task in run.header.tasks]
    found = standings(run, tables, [column.name for column in main_scores(run, tables)])
    last = findings(found, uncounted(run, tables))[-1]
    assert (last.label, last.text) == (
        "Not counted",
        "LPIPS (AlexNet); mIoU: they stand in the report's table of each task alone.",
    )
    monkeypatch.undo()
    assert uncounted(run, tables) == ()


def test_the_best_method_of_those_that_do_not_see_the_hidden_pixels_wins(run: Run):
    means = run.samples("scenes / free-form").groupby("method")["psnr-hole"].mean()
    best = means.drop("copy").idxmax()
    assert winner(run, "psnr-hole").methods == (run.method(best).title,)


def test_a_winner_has_its_value_as_it_is_printed_in_the_table(run: Run):
    table = task_table(run, run.header.tasks[0])
    index = [column.name for column in table.columns].index("miou")
    printed = next(row.cells[index].text for row in table.rows if row.cells[index].rank == 1)
    assert winner(run, "miou").text == printed


def test_a_row_says_how_many_edits_its_task_has(run: Run):
    assert [row.n for row in seen(run).rows] == [10, 10, 10]


def test_a_winner_with_fewer_edits_than_its_task_says_how_many(made: Path, tmp_path: Path):
    folder = Path(shutil.copytree(made, tmp_path / "run"))
    scores = pd.read_parquet(folder / "scores.parquet")
    scores.loc[scores["metric"] == "miou", "n"] = 4  # the others' target is void in the region
    scores.to_parquet(folder / "scores.parquet")
    run = read_run(folder)
    assert winner(run, "miou").on == "n = 4"


def test_a_winner_on_common_edits_has_its_value_there_and_says_on_how_many(run: Run):
    table = task_table(run, run.header.tasks[0])
    index = [column.name for column in table.columns].index("psnr-hole")
    best = next(row.cells[index] for row in table.rows if row.cells[index].rank == 1)
    found = winner(run, "psnr-hole")
    assert (found.text, found.interval, found.on) == (best.common, "", "on 9 common edits")
    assert winner(run, "miou").on == ""

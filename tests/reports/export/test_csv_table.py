from __future__ import annotations

import csv as reader
import io
from pathlib import Path

import pytest

from bench.run.reader import REAL, Run, read_run
from reports.export.csv_table import csv, published_csv, slices_csv
from tests.reports.made_run import HOSTILE
from tests.reports.made_table import column, trained_unlike, with_table


def test_every_score_is_a_line_at_full_precision(run: Run):
    rows = list(reader.DictReader(io.StringIO(csv(run))))
    assert len(rows) == len(run.scores)
    assert [float(row["value"] or "nan") for row in rows] == pytest.approx(
        run.scores["value"].astype(float).tolist(), rel=1e-15, nan_ok=True
    )


def test_missing_scores_are_lines_with_their_reason(run: Run):
    rows = [row for row in reader.DictReader(io.StringIO(csv(run))) if row["metric"] == "fid"]
    assert all(row["value"] == "" and "weights" in row["reason"] for row in rows)


def test_names_with_commas_and_quotes_survive(run: Run):
    tasks = {row["task"] for row in reader.DictReader(io.StringIO(csv(run)))}
    assert f"{HOSTILE} / extension" in tasks


def test_the_published_table_is_a_line_for_every_source(tmp_path: Path):
    made = read_run(with_table(tmp_path / "run", column()))
    rows = list(reader.DictReader(io.StringIO(published_csv(made))))
    assert [row["published"] for row in rows] == ["37.4", "35.2"]
    assert {row["kind"] for row in rows} == {"paper"}
    assert [float(row["difference"]) for row in rows] == pytest.approx([45.6, 47.8])
    assert {row["verdict"] for row in rows} == {"reproduced"}


def test_the_lines_of_a_network_that_was_not_trained_like_another_say_so(tmp_path: Path):
    folder = with_table(tmp_path / "run", column())
    said = trained_unlike(folder)
    made = read_run(folder)
    for text in (csv(made), slices_csv(made, "sample")):
        told = {(row["method"], row["training"]) for row in reader.DictReader(io.StringIO(text))}
        assert told - {(REAL, "")} == {("copy", ""), ("diffusion", said)}
    # The published table has one of the two alone: there is nothing that it could not be compared with.
    (heading, *lines) = reader.reader(io.StringIO(published_csv(made)))
    assert heading[-1] == "training"
    assert {line[-1] for line in lines} == {""}


def test_a_run_without_a_published_table_gives_the_heading_alone(run: Run):
    assert len(published_csv(run).splitlines()) == 1

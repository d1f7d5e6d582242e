from __future__ import annotations

import csv as reader
import io

import pytest

from bench.run.reader import Run
from reports.export import csv
from tests.reports.made_run import HOSTILE


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

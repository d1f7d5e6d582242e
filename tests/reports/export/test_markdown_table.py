from __future__ import annotations

from bench.run.reader import Run
from reports.export import markdown


def test_a_table_per_task_with_equal_cell_counts(run: Run):
    text = markdown(run)
    assert text.count("### ") == 3
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {8}


def test_best_second_missing_and_hidden_are_marked(run: Run):
    text = markdown(run, intervals=False)
    assert "**0.8300**" in text
    assert "<u>0.7600</u>" in text
    assert "— <sup>1</sup>" in text
    assert "| Copy (oracle) ◐ |".replace("(", "\\(").replace(")", "\\)") in text


def test_hostile_names_are_text(run: Run):
    text = markdown(run)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_an_n_that_differs_is_stated(run: Run):
    assert "n = 9</sub>" in markdown(run)

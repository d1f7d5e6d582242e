from __future__ import annotations

import pytest

import reports.thumbnails as module
from bench.run.reader import Run
from reports.page import task_views
from reports.thumbnails import PER_CHOICE, chosen_edits, thumbnails


def task(values: list[float | str | None]) -> dict[str, object]:
    edits = [f"e{i}" for i in range(len(values))]
    metric = {"name": "psnr-hole", "region": "mask", "better": "higher"}
    return {"edits": edits, "metrics": [metric], "values": [[values]]}


def test_the_worst_and_the_best_come_first():
    chosen = chosen_edits(task([5.0, 1.0, 9.0, 3.0, 7.0]))
    assert chosen[:2] == ["e1", "e2"]


def test_an_infinite_value_is_the_best():
    assert chosen_edits(task([5.0, "inf", 1000.0, 3.0]))[:2] == ["e3", "e1"]


def test_a_method_that_is_exact_everywhere_does_not_make_edits_alike():
    data = task([5.0, 2.0, 9.0])
    data["values"] = [[["inf"] * 3, [5.0, 2.0, 9.0]]]
    assert chosen_edits(data)[:2] == ["e1", "e2"]


def test_each_edit_comes_once_and_no_choice_exceeds_its_number():
    chosen = chosen_edits(task([float(i) for i in range(200)]))
    assert len(chosen) == len(set(chosen)) <= 3 * PER_CHOICE


def test_the_choice_does_not_change_from_call_to_call():
    data = task([float(i % 7) for i in range(60)])
    assert chosen_edits(data) == chosen_edits(data)


def test_images_stop_at_the_budget(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "BUDGET", 60_000)
    found = thumbnails(run, task_views(run))
    assert 0 < sum(len(uri) for uri in found.values()) <= 60_000


def test_where_few_edits_have_a_value_others_are_drawn_all_the_same():
    chosen = chosen_edits(task([3.0, *[None] * 99]))
    assert PER_CHOICE <= len(chosen) <= PER_CHOICE + 1

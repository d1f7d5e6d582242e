"""A run's table has published values, with their sources, beside measured ones."""

import json
import math

import pandas as pd
import pytest

from bench.judge.published.join import join_published
from bench.run.reader import read_run
from bench.run.tables import COSTS, SAMPLES, SCORES, StoredTable

PAPER = "SPMPGAN (ECCV 2022, arXiv 2207.06252)"
LAYOUT = {
    "papers": [PAPER, "SIEDOB (CVPR 2023, arXiv 2303.13062)"],
    "name": "main table",
    "columns": [
        {
            "task": "room",
            "metric": "fid-bgr",
            "title": "FID",
            "better": "lower",
            "published": {
                "dataset": "ADE20K-Room",
                "task": "free-form editing",
                "metric": "FID",
            },
            "tolerance": {"absolute": 0.5},
            "expects": {"n_scenes": 255, "metric.channels": "bgr"},
        },
        {"task": "room", "cost": "ms", "title": "seconds", "better": "lower", "scale": 0.001},
        {
            "title": "votes",
            "better": "higher",
            "published": {
                "dataset": "ADE20K-Room, ADE20K-Landscape, Cityscapes",
                "task": "style preservation preference",
                "metric": "votes",
            },
        },
    ],
    "rows": [
        {"method": "spmpgan", "title": "SPMPGAN", "published": "SPMPGAN"},
        {"method": "small", "title": "w SPADE", "published": "SPMPGAN w SPADE", "instead": "small"},
        {"title": "SESAME", "published": "SESAME"},
    ],
}
RECORD = {"n_scenes": 255, "metric": {"channels": "bgr"}}


def nothing(table: StoredTable) -> dict:
    """A row in which nothing is known."""
    return {one.name: "" if one.kind == "text" else None for one in table.columns}


@pytest.fixture
def joined(tmp_path):
    return joined_run(tmp_path, LAYOUT)


def joined_run(tmp_path, layout, *, failed=0, unreadable=0, **costs):
    """The joined table of a made run in which the method spmpgan failed at some edits."""
    space = {"name": "s", "classes": ["a"], "palette": [[0, 0, 0]]}
    task = {
        "name": "room", "slug": "room", "title": "Room", "dataset": "d", "protocol": "freeform@1",
        "operation": "inpaint", "planned": 255 + unreadable, "n": 255, "size": [256, 256],
        "space": space, "record": {},
        "unreadable": [{"scene": "a", "sample": 0, "reason": "damaged"}] * unreadable,
    }  # fmt: skip
    methods = [
        {"name": name, "slug": name, "title": name, "editor": name} for name in ("spmpgan", "small")
    ]
    header = {
        "format": 1, "name": "made", "title": "Made", "state": "done", "tasks": [task],
        "methods": methods, "suite": {"table": layout}, "protocols": {"p": RECORD},
    }  # fmt: skip
    (tmp_path / "run.json").write_text(json.dumps(header))
    score = nothing(SCORES) | {
        "task": "room", "metric": "fid-bgr", "of": "all", "low": 18.0, "high": 19.6, "n": 255,
        "reason": "", "protocol": "p",
    }  # fmt: skip
    scores = [
        score | {"method": "spmpgan", "value": 18.9, "n": 255 - failed},
        score | {"method": "small", "value": 23.27},
    ]
    pd.DataFrame(scores).to_parquet(tmp_path / "scores.parquet")
    sample = nothing(SAMPLES) | {"method": "spmpgan", "sample": 0}
    samples = [sample | {"status": "failed" if i < failed else "ok"} for i in range(255)]
    (tmp_path / "samples/room").mkdir(parents=True, exist_ok=True)
    pd.DataFrame(samples).to_parquet(tmp_path / "samples/room/00000.parquet")
    cost = nothing(COSTS) | {"task": "room", "ms": 250.0, **costs}
    costs = [cost | {"method": name} for name in ("spmpgan", "small")]
    pd.DataFrame(costs).to_parquet(tmp_path / "costs.parquet")
    return join_published(read_run(tmp_path))


def test_a_cell_has_one_row_for_every_source(joined):
    cell = joined[(joined["row"] == 0) & (joined["column"] == 0)]
    assert list(cell["kind"]) == ["summary", "digest"]
    assert list(cell["published"]) == [18.83, 18.83]
    assert set(cell["verdict"]) == {"reproduced"}
    assert set(cell["n"]) == {255}
    assert set(cell["protocol"]) == {"p"}


def test_a_stand_in_is_shown_and_never_judged(joined):
    (cell,) = joined[(joined["row"] == 1) & (joined["column"] == 0)].to_dict("records")
    assert math.isnan(cell["difference"])
    assert (cell["verdict"], cell["words"]) == ("not comparable", "the method here is small")


def test_a_value_that_lacks_failed_edits_is_never_judged(tmp_path):
    joined = joined_run(tmp_path, LAYOUT, failed=5)
    (first, _) = joined[(joined["row"] == 0) & (joined["column"] == 0)].to_dict("records")
    assert first["verdict"] == "not comparable"
    assert first["words"] == "5 of 255 edits failed here"


def test_a_value_that_lacks_unreadable_edits_is_never_judged(tmp_path):
    joined = joined_run(tmp_path, LAYOUT, unreadable=2)
    (first, _) = joined[(joined["row"] == 0) & (joined["column"] == 0)].to_dict("records")
    assert first["verdict"] == "not comparable"
    assert first["words"] == "2 of 257 edits could not be read here"


def test_a_table_that_does_not_say_how_a_value_was_published_is_never_judged(tmp_path):
    column = {name: value for name, value in LAYOUT["columns"][0].items() if name != "expects"}
    joined = joined_run(tmp_path, LAYOUT | {"columns": [column]})
    (first, _) = joined[(joined["row"] == 0) & (joined["column"] == 0)].to_dict("records")
    assert first["verdict"] == "not comparable"
    assert "`expects`" in first["words"]


def test_a_method_that_only_the_papers_have_stands_with_its_published_value(joined):
    (cell,) = joined[(joined["row"] == 2) & (joined["column"] == 0)].to_dict("records")
    assert (cell["published"], cell["verdict"]) == (21.73, "not measured")


def test_costs_come_in_the_published_unit(joined):
    (cell,) = joined[(joined["row"] == 0) & (joined["column"] == 1)].to_dict("records")
    assert cell["value"] == pytest.approx(0.25)
    assert cell["verdict"] == "nothing published"


def test_a_method_that_was_not_timed_says_why(tmp_path):
    joined = joined_run(tmp_path, LAYOUT, ms=None, device="made elsewhere: not timed")
    (cell,) = joined[(joined["row"] == 0) & (joined["column"] == 1)].to_dict("records")
    assert (cell["verdict"], cell["reason"]) == ("not measured", "made elsewhere: not timed")


def test_a_count_that_is_missing_is_not_for_want_of_times(tmp_path):
    column = LAYOUT["columns"][1] | {"cost": "parameters"}
    layout = LAYOUT | {"columns": [column]}
    joined = joined_run(tmp_path, layout, ms=None, device="cpu, shared by workers: not timed")
    assert list(joined[joined["row"] == 0]["reason"]) == ["not counted"]


def test_what_no_run_measures_stands_as_published(joined):
    votes = joined[joined["column"] == 2]
    assert list(votes["published"].dropna()) == [1479, 493]
    assert set(votes["verdict"]) == {"not measured"}
    assert set(votes["task"]) == {""}


def test_other_papers_values_are_told_apart_and_never_judged(tmp_path):
    ade20k = {"dataset": "ADE20K", "task": "label-to-image synthesis", "metric": "FID"}
    layout = {
        "papers": ["SPADE (CVPR 2019, arXiv 1903.07291)"],
        "name": "Table 1",
        "context": True,
        "columns": [LAYOUT["columns"][0] | {"published": ade20k}],
        "rows": [{"method": "spmpgan", "title": "SPADE", "published": "SPADE"}],
    }
    joined = joined_run(tmp_path, layout)
    ours = joined[joined["row"] == 0]
    # SPADE prints 33.9; the authors of VQGAN measured its released model at 35.7.
    assert list(zip(ours["published"], ours["context"])) == [(33.9, False), (35.7, True)]
    assert list(ours["verdict"]) == ["not reproduced", "not comparable"]
    others = joined[joined["row"] > 0]
    assert others["context"].all()
    assert "PLACE" in set(others["row_title"])
    assert set(others["verdict"]) == {"not measured"}
    plain = joined_run(tmp_path, layout | {"context": False})
    assert list(plain["published"]) == [33.9]

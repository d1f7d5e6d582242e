"""A run is planned before anything is read; its shards follow from the plan alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import masks
from bench.core.errors import BadInput
from bench.run.data import parse_data
from bench.run.plan import narrowed, pairing_problems, plan_run
from bench.suite.schema import Suite


def suite(**changes) -> Suite:
    return Suite.model_validate(
        {
            "name": "planned",
            "datasets": {"rooms": {"dataset": "procedural-rooms", "size": 32, "limit": 20}},
            "tasks": [
                {"name": "edits", "dataset": "rooms", "protocol": "freeform@1", "samples": 3}
            ],
            "methods": ["copy"],
            "metrics": ["l1"],
            **changes,
        }
    )


def test_a_shard_holds_all_edits_of_its_scenes() -> None:
    (task,) = plan_run(suite()).tasks
    shards = list(task.shards())
    assert [len(shard.pairs) for shard in shards] == [15, 15, 15, 15]
    assert sum(len(shard.pairs) for shard in shards) == task.planned == 60
    assert {sample for _, sample in shards[0].pairs} == {0, 1, 2}


def test_a_shard_is_found_by_its_number() -> None:
    (task,) = plan_run(suite()).tasks
    for shard in task.shards():
        assert task.shard(shard.number).pairs == shard.pairs


def test_a_random_order_is_the_same_every_time_and_holds_the_same_scenes() -> None:
    plain, one, two = (plan_run(suite(), shuffled=so).tasks[0] for so in (False, True, True))
    assert one.scenes == two.scenes != plain.scenes
    assert sorted(one.scenes) == sorted(plain.scenes)
    assert one.record == plain.record


def test_a_command_changes_only_what_it_names() -> None:
    changed = narrowed(suite(), limit=4, seed=9, batch_size=7)
    assert (changed.datasets["rooms"].limit, changed.seed, changed.batch_size) == (4, 9, 7)
    assert narrowed(suite(), limit=50).datasets["rooms"].limit == 20
    assert narrowed(suite()) == suite()


def test_folders_are_given_by_name() -> None:
    given = {"a": Path("x"), "b": Path("y=z"), "c": Path.home() / "d"}
    assert parse_data(["a=x", "b=y=z", "c=~/d"]) == given
    with pytest.raises(BadInput, match="not of the form NAME=PATH"):
        parse_data(["a"])
    with pytest.raises(BadInput, match=r"--data a=\.\.\. is given twice"):
        parse_data(["a=x", "a=y"])
    with pytest.raises(BadInput, match="has no dataset 'streets'"):
        plan_run(suite(), data={"streets": Path()})


def test_a_pack_that_its_task_would_half_use_is_named(tmp_path: Path) -> None:
    (task,) = plan_run(suite()).tasks
    labels = np.zeros((32, 32), np.int32)
    sites = [(masks.Site("rooms", "a", labels, None, ("floor",)), sample) for sample in range(2)]
    masks.write_pack(tmp_path / "pack", task.protocol, sites, seed=0, fingerprint="f00d")
    entry = {"name": "edits", "dataset": "rooms", "pack": str(tmp_path / "pack")}
    (problem,) = pairing_problems(suite(tasks=[entry]))
    assert problem.endswith("holds 2 samples a scene, but the task takes 1; set `samples: 2`")
    assert pairing_problems(suite(tasks=[{**entry, "samples": 2}])) == []

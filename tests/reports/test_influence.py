from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.run.reader import Run, read_run
from reports.influence import DOZEN, Influence, costly, influences
from reports.page import task_views
from tests.reports.made_run import make_run


def test_influence_is_the_score_with_a_scene_minus_the_score_without(run: Run):
    (found,) = influences(run, run.header.tasks[0])
    assert found.metric.name == "miou"
    expected = {f"scene-{k:04d}": pytest.approx(k / 1000) for k in range(5)}
    assert found.by_method["diffusion"] == expected


def test_a_task_without_leave_one_out_values_has_none(run: Run):
    assert influences(run, run.header.tasks[1]) == []


def test_every_edit_carries_its_scenes_influence_for_the_gallery(run: Run):
    data = task_views(run)[0].data
    assert data["metrics"][-1] == {
        "name": "miou-influence", "title": "mIoU, influence", "region": "image", "unit": "",
        "better": "higher",
    }  # fmt: skip
    assert data["values"][-1][1] == [0, 0, 0.001, 0.001, 0.002, 0.002, 0.003, 0.003, 0.004, 0.004]


def test_the_dozen_that_costs_most_is_summed(tmp_path: Path):
    run = read_run(make_run(tmp_path / "run", edits=40, methods=2, tasks=1, size=16))
    task = run.header.tasks[0]
    (found,) = influences(run, task)
    # mIoU is better high, so that a negative influence is a cost: turn the sign.
    turned = {
        method: {scene: -value for scene, value in by_scene.items()}
        for method, by_scene in found.by_method.items()
    }
    edits = {scene: f"{scene}.0" for scene in found.by_method["copy"]}
    first, _ = costly(run, [type(found)(found.metric, turned)], edits, task)
    assert first.method == "Copy (oracle)"
    assert first.edits[0] == "scene-0019.0"
    assert len(first.edits) == DOZEN
    # 0.019 + 0.018 + ... + 0.008
    assert first.cost == "0.1620"


def test_a_scene_that_helps_is_not_among_the_costly(tmp_path: Path):
    run = read_run(make_run(tmp_path / "run", edits=40, methods=2, tasks=1, size=16))
    task = run.header.tasks[0]
    (found,) = influences(run, task)
    scenes = list(found.by_method["copy"])
    assert len(scenes) == 20
    # Of mIoU a negative influence is a cost; a scene without which there is no value has none.
    mixed = dict.fromkeys(scenes, 0.01) | {scenes[3]: -0.02, scenes[7]: -0.01, scenes[9]: math.nan}
    (one,) = costly(run, [Influence(found.metric, {"copy": mixed})], {s: s for s in scenes}, task)
    assert (one.edits, one.cost) == ((scenes[3], scenes[7]), "0.0300")


def test_few_scenes_are_not_summed(run: Run):
    task = run.header.tasks[0]
    assert costly(run, influences(run, task), {}, task) == []

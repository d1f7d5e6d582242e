"""A run that an earlier version made (tests/golden/run-format-1) is read, and is not gone on with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run.reader import read_run
from bench.run.suite_run import run_suite
from bench.suite.schema import Suite

OLD = Path(__file__).parents[2] / "golden" / "run-format-1"


def test_its_tasks_scores_and_images_are_there() -> None:
    run = read_run(OLD)
    assert run.header.format == 1
    assert [task.n for task in run.header.tasks] == [4, 4, 4]
    copied = run.scores[(run.scores["method"] == "copy") & (run.scores["metric"] == "l1")]
    values = copied.set_index("task")["value"]
    assert values["rooms-freeform"] == 0
    assert values["rooms-object-remove"] > 0
    assert run.prediction("rooms-freeform", "copy", "test-000000").is_file()
    assert run.edit_image("rooms-object-remove", "test-000000", "truth").is_file()


def test_what_it_does_not_say_reads_as_empty() -> None:
    samples = read_run(OLD).samples("rooms-freeform")
    failed = samples[samples["status"] == "failed"]
    assert failed["reason"].str.contains("holds no picture for edit 'test-000002'").all()
    assert set(samples["failure"]) == set(samples["no_ground_truth"]) == {""}


def test_its_scores_have_the_facts_that_only_later_runs_write() -> None:
    assert read_run(OLD).metric("psnr-hole").region == "mask"
    assert read_run(OLD).metric("psnr").region == "image"


def test_it_is_not_gone_on_with(tmp_path: Path) -> None:
    shutil.copytree(OLD, tmp_path / "run")
    suite = Suite.model_validate(
        {
            "name": "format-1",
            "datasets": {"rooms": {"dataset": "procedural-rooms", "size": 32, "limit": 1}},
            "tasks": [{"dataset": "rooms", "protocol": "freeform@1"}],
            "methods": ["copy"],
            "metrics": ["l1"],
        }
    )
    with pytest.raises(
        BadInput, match="holds a run of format 1, which can be read but not gone on"
    ):
        run_suite(suite, out=tmp_path / "run", device="cpu")

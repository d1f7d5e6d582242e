"""Texts of a task's edits: read from a file, part of the task's record, given to editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import BadInput
from bench.core.text import slug
from bench.run.editing.batching import make_batch
from bench.run.plan import Task, plan_run
from bench.run.prepare import prepare_shard
from bench.suite.schema import Suite
from tests.bench.run.made_suite import write_scene

DRAWN = {"dataset": "procedural-rooms", "size": 32, "limit": 3}


def task(file: Path | None, rooms: dict[str, Any] = DRAWN, **changes: Any) -> Task:
    entry = {"name": "edits", "dataset": "rooms", "protocol": "freeform@1", **changes}
    if file is not None:
        entry["prompts"] = file.name
    suite = Suite.model_validate(
        {
            "name": "told",
            "datasets": {"rooms": rooms},
            "tasks": [entry],
            "methods": ["copy"],
            "metrics": ["l1"],
        }
    )
    (found,) = plan_run(suite.read_from(None if file is None else file.parent)).tasks
    return found


def written(folder: Path, content: object) -> Path:
    (folder / "prompts.json").write_text(json.dumps(content))
    return folder / "prompts.json"


def prompts(planned: Task) -> tuple[str | None, ...]:
    edits = prepare_shard(planned.shard(0)).edits
    return make_batch(edits, "m", planned.dataset.space, frozenset(), "cpu").prompts


def test_an_edit_has_its_own_text_or_its_scenes(tmp_path: Path) -> None:
    first, second, _ = task(None).scenes
    file = written(tmp_path, {first: "a sofa", f"{first}.1": "a red sofa", f"{second}.0": "fog"})
    assert prompts(task(file, samples=2)) == ("a sofa", "a red sofa", "fog", None, None, None)


def test_an_edit_of_a_scene_whose_name_is_no_safe_file_name_goes_by_both(tmp_path: Path) -> None:
    write_scene(tmp_path / "rooms", "my room", 0)
    rooms = {"dataset": "folder", "path": str(tmp_path / "rooms"), "size": 32}
    for key in ("my room.1", f"{slug('my room')}.1"):
        planned = task(written(tmp_path, {"my room": "a sofa", key: "fog"}), rooms, samples=2)
        assert prompts(planned) == ("a sofa", "fog")
    assert prompts(task(written(tmp_path, {"my room.0": "fog"}), rooms, samples=2)) == ("fog", None)


def test_a_task_without_texts_gives_none_and_is_recorded_as_before() -> None:
    assert prompts(task(None)) == (None, None, None)
    assert "prompts" not in task(None).record


def test_other_texts_are_another_task(tmp_path: Path) -> None:
    first = task(None).scenes[0]
    one = task(written(tmp_path, {first: "a sofa"})).record["prompts"]
    assert one == task(written(tmp_path, {first: "a sofa"})).record["prompts"]
    assert one != task(written(tmp_path, {first: "a chair"})).record["prompts"]


def test_a_suite_without_texts_is_written_down_as_before() -> None:
    suite = {"name": "edits", "dataset": "rooms", "protocol": "freeform@1"}
    plain = Suite.model_validate(
        {
            "name": "told",
            "datasets": {"rooms": {"dataset": "procedural-rooms"}},
            "tasks": [suite],
            "methods": ["copy"],
            "metrics": ["l1"],
        }
    ).model_dump(mode="json")
    assert "prompts" not in plain["tasks"][0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (["a sofa"], "must map ids to texts"),
        ({}, "must map ids to texts"),
        ({"procedural-rooms": 3}, "'procedural-rooms' is 3; give it a text"),
        ({"elsewhere": "a sofa"}, "names none of the scenes; its first key is 'elsewhere'"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(
    content: object, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=sentence) as refused:
        task(written(tmp_path, content))
    assert "\n" not in str(refused.value)
    assert "prompts.json" in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"prompts\.json"):
        task(tmp_path / "prompts.json")

"""Every path of a run is spelt in one module, and no name leaves the run directory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run.layout import RunFolder, run_folders

HOUSE = Path(__file__).parents[3]
FOLDER = RunFolder(Path("runs/demo"))


def test_paths_are_the_documented_ones() -> None:
    found = [
        FOLDER.record,
        FOLDER.table("scores"),
        FOLDER.shard("samples", "rooms", 3),
        FOLDER.checks("rooms"),
        FOLDER.edit_image("rooms", "e1", "truth"),
        FOLDER.prediction("rooms", "copy", "e1"),
        FOLDER.failure("rooms", "copy", "0a.txt"),
        FOLDER.printed("rooms", "copy", 3),
    ]
    assert [FOLDER.relative(path) for path in found] == [
        "run.json",
        "scores.parquet",
        "samples/rooms/00003.parquet",
        "canaries/rooms/checks.json",
        "edits/rooms/e1/truth.png",
        "predictions/rooms/copy/e1.png",
        "failures/rooms/copy/0a.txt",
        "printed/rooms/copy/00003.txt",
    ]


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "a\0"])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    for look_up in (FOLDER.edit, lambda task, one: FOLDER.failure(task, "m", one)):
        with pytest.raises(BadInput, match="is not a file name"):
            look_up("rooms", name)


def test_shards_come_in_plan_order(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for number in (10, 2, 0):
        path = folder.shard("times", "t", number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert [path.stem for path in folder.shards("times", "t")] == ["00000", "00002", "00010"]
    assert folder.shards("samples", "t") == []


def test_a_copy_beside_a_shard_is_none(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    shard = folder.shard("samples", "t", 0)
    shard.parent.mkdir(parents=True)
    for path in (shard, shard.with_name("00000 (conflicted copy).parquet")):
        path.touch()
    assert folder.shards("samples", "t") == [shard]


def test_runs_are_found_at_any_depth(tmp_path: Path) -> None:
    for name in ("b", "a/c"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "run.json").touch()
    assert [run.root.name for run in run_folders(tmp_path)] == ["c", "b"]


def test_no_other_module_spells_a_path_of_a_run() -> None:
    spelt = re.compile(r'"(\w+\.parquet|run\.json|truth\.png)"|"predictions"(?!:)|\.parquet"')
    found = [
        f"{path.relative_to(HOUSE)}: {line.strip()}"
        for room in ("bench", "reports", "siebench")
        for path in sorted((HOUSE / room).rglob("*.py"))
        if path.name != "layout.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if spelt.search(line)
    ]
    assert found == []

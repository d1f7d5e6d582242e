from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run.reader import read_run
from tests.reports.made_run import make_run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run"), edits=4, methods=3, tasks=2)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", edits=2, methods=1, tasks=1)


def change(run: Path, **fields: object) -> None:
    content = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(content | fields))


def test_a_run_gives_its_tasks_methods_and_metrics_typed(made: Path):
    run = read_run(made)
    assert [task.protocol for task in run.header.tasks] == ["freeform@1", "object-remove@1"]
    assert run.header.methods[0].sees_hidden
    assert not run.header.methods[1].sees_hidden
    assert run.header.metrics[0].better == "higher"


def test_samples_have_a_row_per_edit_and_method_without_the_states_of_metrics(made: Path):
    samples = read_run(made).samples("scenes / free-form")
    assert len(samples) == 4 * 3
    assert "psnr" in samples
    assert "fid.features" not in samples


def test_pictures_are_found_by_names_not_slugs(made: Path):
    run = read_run(made)
    assert (run.edit_folder("scenes / removal", "scene-0000.0") / "mask.png").is_file()
    assert run.prediction("scenes / removal", "diffusion", "scene-0000.0").is_file()


@pytest.mark.parametrize("edit", ["..", "a/b", "", "a\\b"])
def test_an_edit_id_cannot_leave_its_folder(made: Path, edit: str):
    with pytest.raises(BadInput, match="not a file name"):
        read_run(made).edit_folder("scenes / removal", edit)


def test_an_unfinished_run_reads_as_empty_tables(broken: Path):
    for file in ("scores.parquet", "costs.parquet", "samples/task-0/00000.parquet"):
        (broken / file).unlink()
    change(broken, state="running")
    run = read_run(broken)
    assert list(run.scores.columns[:3]) == ["task", "method", "metric"]
    assert len(run.scores) == len(run.costs) == len(run.samples("scenes / free-form")) == 0


def test_a_missing_folder_and_a_folder_without_a_run_are_told_apart(tmp_path: Path):
    with pytest.raises(BadInput, match="there is no such folder"):
        read_run(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="no run"):
        read_run(tmp_path)


def test_damaged_json_is_named(broken: Path):
    (broken / "run.json").write_text("{")
    with pytest.raises(BadInput, match=r"run\.json, line \d+: is no JSON"):
        read_run(broken)


def test_a_foreign_format_names_both_versions(broken: Path):
    change(broken, format=9)
    with pytest.raises(BadInput, match="run format 9, but this siebench reads formats 1 and 2"):
        read_run(broken)


def test_a_wrong_field_is_named_with_its_path_and_value(broken: Path):
    change(broken, state="asleep")
    with pytest.raises(BadInput, match=r"field state: .*found 'asleep'"):
        read_run(broken)


def test_a_slug_that_leaves_the_folder_is_refused(broken: Path):
    tasks = json.loads((broken / "run.json").read_text())["tasks"]
    change(broken, tasks=[tasks[0] | {"slug": "../elsewhere"}])
    with pytest.raises(BadInput, match=r"tasks\.0\.slug"):
        read_run(broken)


def test_a_damaged_table_is_named(broken: Path):
    (broken / "scores.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(BadInput, match=r"scores\.parquet: cannot be read"):
        _ = read_run(broken).scores


def test_a_table_of_something_else_is_named(broken: Path):
    (broken / "costs.parquet").write_bytes((broken / "scores.parquet").read_bytes())
    with pytest.raises(BadInput, match="lacks the columns"):
        _ = read_run(broken).costs


def test_an_unknown_task_gets_the_nearest_name(made: Path):
    with pytest.raises(BadInput, match="did you mean 'scenes / removal'"):
        read_run(made).samples("scenes / remove")

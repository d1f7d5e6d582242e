"""A whole run: what is written, what happens when it is broken off, what goes wrong in words."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from baselines.classical.fills import MeanColour
from bench.batch import EditBatch
from bench.core.errors import BadInput, PluginFailed
from bench.run import worker
from bench.run.reader import read_run
from bench.run.suite_run import Watch, run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "rooms")


def run(data: Path, out: Path, *, workers: int = 1, limit=None, seed=None, watch=None, **changes):
    suite = parse_suite(suite_text(data, **changes), "made.yaml")
    return run_suite(
        suite, out=out, device="cpu", workers=workers, limit=limit, seed=seed, watch=watch
    )


def fingerprints(run_dir: Path) -> dict[str, str]:
    """SHA-256 of every file whose bytes a run promises to repeat."""
    files = [*run_dir.glob("samples/**/*.parquet"), *run_dir.glob("predictions/**/*.png")]
    files.append(run_dir / "scores.parquet")
    return {
        str(path.relative_to(run_dir)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_a_run_has_scores_samples_and_pictures(data: Path, tmp_path: Path) -> None:
    outcome = run(data, tmp_path / "run")
    # Five free-form edits; four scenes have a lamp to remove.
    assert (outcome.edits, outcome.impossible, outcome.failed) == (9, 1, 0)
    scores = pd.read_parquet(tmp_path / "run" / "scores.parquet")
    free = scores[(scores["task"] == "rooms-freeform") & (scores["metric"] == "l1")]
    values = free.set_index("method")["value"]
    assert values["copy"] == 0
    assert values["mean-colour"] > values["copy"]
    assert set(free["n"]) == {5}
    pictures = sorted((tmp_path / "run" / "predictions" / "rooms-freeform" / "copy").iterdir())
    assert [path.name for path in pictures] == [f"scene{i}.png" for i in range(5)]
    assert outcome.scores.equals(read_run(tmp_path / "run").scores)
    assert len(outcome.samples("rooms-freeform")) == 5 * len(values)


def test_a_method_of_one_dataset_has_no_rows_elsewhere(data: Path, tmp_path: Path) -> None:
    rooms = f"{{dataset: folder, path: {json.dumps(str(data))}, size: 32}}"
    outcome = run(
        data,
        tmp_path / "run",
        datasets=f"{{rooms: {rooms}, drawn: {{dataset: procedural-rooms, size: 64, limit: 1}}}}",
        tasks="[{dataset: [rooms, drawn], protocol: freeform@1}]",
        methods="[copy, {editor: mean-colour, datasets: [drawn]}]",
    )
    assert outcome.failed == 0
    for table in ("scores", "costs"):
        rows = pd.read_parquet(tmp_path / "run" / f"{table}.parquet")
        assert set(rows["task"][rows["method"] == "mean-colour"]) == {"drawn-freeform"}
        assert "rooms-freeform" in set(rows["task"][rows["method"] == "copy"])


def test_copy_gives_back_every_byte(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path / "run", metrics="[psnr]")
    for i in range(5):
        given = Image.open(tmp_path / "run/predictions/rooms-freeform/copy" / f"scene{i}.png")
        np.testing.assert_array_equal(given, Image.open(data / "images" / f"scene{i}.png"))


def test_known_pixels_are_the_originals_and_hidden_ones_are_filled_in(
    data: Path, tmp_path: Path
) -> None:
    run(data, tmp_path / "run")
    edit = tmp_path / "run/edits/rooms-freeform/scene0"
    mask = np.asarray(Image.open(edit / "mask.png")) > 0
    original = np.asarray(Image.open(edit / "original.png"))
    painted = np.asarray(
        Image.open(tmp_path / "run/predictions/rooms-freeform/mean-colour/scene0.png")
    )
    np.testing.assert_array_equal(painted[~mask], original[~mask])
    assert len(np.unique(painted[mask], axis=0)) == 1


def test_an_impossible_edit_is_listed_with_its_reason(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    listed = {task["name"]: task["impossible"] for task in record["tasks"]}
    assert listed["rooms-freeform"] == []
    assert [one["scene"] for one in listed["rooms-object-remove"]] == ["scene1"]
    assert listed["rooms-object-remove"][0]["reason"]


def test_a_removal_from_a_photograph_has_no_ground_truth_and_says_so(
    data: Path, tmp_path: Path
) -> None:
    run(data, tmp_path / "run")
    scores = pd.read_parquet(tmp_path / "run" / "scores.parquet")
    rows = scores[(scores["task"] == "rooms-object-remove") & (scores["metric"] == "psnr")]
    assert rows["value"].isna().all()
    assert set(rows["reason"]) == {"no edit of this task has a ground truth"}


def test_workers_order_and_breaking_off_change_no_byte(
    data: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("bench.run.plan.SHARD", 2)
    run(data, tmp_path / "whole")

    def break_off(_: int) -> None:
        if len(list((tmp_path / "broken").glob("samples/**/*.parquet"))) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(data, tmp_path / "broken", watch=Watch(advance=break_off))
    assert not (tmp_path / "broken" / "scores.parquet").exists()
    done = list((tmp_path / "broken").glob("samples/**/*.parquet"))
    assert len(done) == 3
    run(data, tmp_path / "broken", workers=3)
    assert fingerprints(tmp_path / "broken") == fingerprints(tmp_path / "whole")


def test_what_is_done_is_not_done_again(data: Path, tmp_path: Path, monkeypatch) -> None:
    run(data, tmp_path / "run")
    monkeypatch.setattr(worker, "prepare_shard", lambda shard: pytest.fail("drawn again"))
    assert run(data, tmp_path / "run").edits == 9


def test_a_device_without_memory_ends_the_run_which_goes_on_where_it_stopped(
    data: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("bench.run.plan.SHARD", 2)
    run(data, tmp_path / "whole")
    room, edit = [3], MeanColour.edit

    def hungry(self: MeanColour, batch: EditBatch) -> torch.Tensor:
        room[0] -= 1
        if room[0] < 0:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return edit(self, batch)

    monkeypatch.setattr(MeanColour, "edit", hungry)
    with pytest.raises(
        BadInput, match="'mean-colour', 2 edits at a time: cpu has too little memory"
    ):
        run(data, tmp_path / "broken")
    done = {
        path: path.stat().st_mtime_ns for path in (tmp_path / "broken").glob("samples/**/*.parquet")
    }
    assert done
    room[0] = 10**6
    run(data, tmp_path / "broken")
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert fingerprints(tmp_path / "broken") == fingerprints(tmp_path / "whole")


def test_a_device_without_memory_for_the_canaries_ends_the_run_in_one_sentence(
    data: Path, tmp_path: Path, monkeypatch
) -> None:
    def hungry(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr("bench.run.canaries.checks.measure_group", hungry)
    with pytest.raises(BadInput, match="metrics, 4 images at a time: cpu has too little memory"):
        run(data, tmp_path / "run")


def test_the_shard_size_changes_no_score(data: Path, tmp_path: Path, monkeypatch) -> None:
    run(data, tmp_path / "one")
    monkeypatch.setattr("bench.run.plan.SHARD", 3)
    run(data, tmp_path / "two")
    one, two = (fingerprints(tmp_path / name)["scores.parquet"] for name in ("one", "two"))
    assert one == two


def test_another_suite_in_the_folder_is_refused_with_every_field_that_differs(
    data: Path, tmp_path: Path
) -> None:
    run(data, tmp_path / "run", methods="[copy, mean-colour]")
    with pytest.raises(BadInput) as caught:
        run(data, tmp_path / "run", seed=1, limit=3, methods="[copy, nearest]")
    assert str(caught.value) == (
        f"{tmp_path / 'run'} holds another run: "
        "datasets.rooms.limit is 3 here and not set there, "
        "methods.mean-colour is not set here and set there, "
        "seed is 1 here and 0 there; choose another --out"
    )


def test_other_pictures_under_the_same_suite_are_named_as_the_data(
    data: Path, tmp_path: Path
) -> None:
    run(data, tmp_path / "run", methods="[copy]")
    Image.new("RGB", (64, 64), "red").save(data / "images" / "scene0.png")
    with pytest.raises(BadInput, match=r"another run: task rooms-freeform\.fingerprint is "):
        run(data, tmp_path / "run", methods="[copy]")


def test_a_folder_with_other_files_is_left_alone(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds files but no run"):
        run(data, data)


def test_a_damaged_record_is_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"key": ')
    with pytest.raises(BadInput, match=r"run\.json, line \d+: is no JSON.*with another --out$"):
        run(data, tmp_path / "run")


def test_a_bad_file_fails_its_own_edits_and_nothing_else(data: Path, tmp_path: Path) -> None:
    picture = data / "images" / "scene3.png"
    picture.write_bytes(picture.read_bytes()[:80])
    outcome = run(data, tmp_path / "run", tasks="[{dataset: rooms, protocol: freeform@1}]")
    assert (outcome.edits, outcome.failed) == (4, 1)
    unmade = pd.read_parquet(tmp_path / "run" / "unmade" / "rooms-freeform")
    reason = unmade.loc[unmade["status"] == "failed", "reason"].item()
    assert "scene3.png" in reason


def test_scenes_of_several_sizes_need_a_size_and_the_run_says_so(
    data: Path, tmp_path: Path
) -> None:
    for folder in ("images", "labels", "instances"):
        file = data / folder / "scene2.png"
        Image.open(file).crop((0, 0, 32, 24)).save(file)
    rooms = f"{{dataset: folder, path: {json.dumps(str(data))}, fit: native}}"
    said = r"'scene2' is 32x24 pixels and 'scene0' 32x32, .*; give the dataset a size"
    with pytest.raises(BadInput, match=said):
        run(data, tmp_path / "run", datasets=f"{{rooms: {rooms}}}", methods="[copy]")


def test_limit_and_seed_are_part_of_the_run(data: Path, tmp_path: Path) -> None:
    assert run(data, tmp_path / "two", limit=2).edits == 3
    run(data, tmp_path / "seed", seed=9)
    run(data, tmp_path / "plain")
    mask = "edits/rooms-freeform/scene0/mask.png"
    assert (tmp_path / "seed" / mask).read_bytes() != (tmp_path / "plain" / mask).read_bytes()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tasks": "[{dataset: rooms, protocol: freefrom@1}]"}, "freefrom.*freeform"),
        ({"methods": "[mean-color]"}, "unknown editor 'mean-color'; did you mean 'mean-colour'"),
        ({"metrics": "[pnsr]"}, "unknown metric 'pnsr'; did you mean 'psnr'"),
        ({"datasets": "{rooms: {dataset: foldr, path: .}}"}, "unknown dataset 'foldr'"),
        ({"datasets": "{rooms: {dataset: folder, path: /no/where}}"}, "/no/where is not a folder"),
        ({"datasets": "{rooms: {dataset: folder}}"}, "give --data rooms=PATH or set SIEBENCH_DATA"),
    ],
)
def test_bad_names_and_places_are_one_sentence(
    data: Path, tmp_path: Path, monkeypatch, changes: dict, sentence: str
) -> None:
    monkeypatch.delenv("SIEBENCH_DATA", raising=False)
    with pytest.raises(BadInput, match=sentence):
        run(data, tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()


def test_a_score_that_is_missing_has_its_direction(data: Path, tmp_path: Path) -> None:
    outcome = run(data, tmp_path / "run", limit=1, methods="[copy]", metrics="[miou, l1]")
    assert outcome.scores[outcome.scores["metric"] == "miou"]["value"].isna().all()
    assert {one.name: one.better for one in outcome.header.metrics}["miou"] == "higher"


def test_an_empty_dataset_is_refused(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / "rooms" / folder).mkdir(parents=True)
    with pytest.raises(BadInput, match="rooms"):
        run(tmp_path / "rooms", tmp_path / "run")


def test_a_missing_optional_part_is_a_row_with_its_reason(
    data: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    outcome = run(data, tmp_path / "run", methods="[mean-colour, telea]")
    assert outcome.failed == 0
    sentence = "method telea: editor 'telea' needs OpenCV"
    assert any(reason.startswith(sentence) for reason in outcome.missing)
    scores = pd.read_parquet(tmp_path / "run" / "scores.parquet")
    telea = scores[scores["method"] == "telea"]
    assert telea["value"].isna().all()
    assert telea["reason"].str.startswith("editor 'telea' needs OpenCV").all()


class Grey:
    """Gives grey; `wrong` is the method of its own that raises."""

    needs: frozenset[str] = frozenset()

    def __init__(self, wrong: str = "") -> None:
        self.wrong = wrong
        self.closed = 0

    def edit(self, batch):
        return batch.masked * 0

    def _may_fail(self, what: str) -> None:
        if what == self.wrong:
            raise RuntimeError("not today")

    def to(self, device):
        self._may_fail("to")

    def check(self, task):
        self._may_fail("check")

    def close(self):
        self.closed += 1
        self._may_fail("close")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("to", "editor 'grey': to('cpu') raised RuntimeError: not today"),
        (
            "check",
            "task 'rooms-freeform', method 'grey': check(task) raised RuntimeError: not today",
        ),
        ("close", "method 'grey': close() raised RuntimeError: not today"),
    ],
)
def test_an_editor_that_raises_outside_its_edits_is_one_sentence(wrong, sentence, tmp_path) -> None:
    suite = parse_suite(
        suite_text(write_data(tmp_path / "rooms", 2), methods="[grey]"), "made.yaml"
    )
    with pytest.raises(PluginFailed) as failed:
        run_suite(suite, out=tmp_path / "run", device="cpu", editors={"grey": Grey(wrong)})
    assert str(failed.value) == sentence
    assert isinstance(failed.value.__cause__, RuntimeError)


def test_an_editor_is_closed_when_the_run_ends_and_when_it_is_stopped(tmp_path) -> None:
    suite = parse_suite(
        suite_text(write_data(tmp_path / "rooms", 2), methods="[grey]"), "made.yaml"
    )
    editor = Grey()
    run_suite(suite, out=tmp_path / "run", device="cpu", editors={"grey": editor})
    assert editor.closed == 1

    def stop(*_) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_suite(
            suite,
            out=tmp_path / "again",
            device="cpu",
            editors={"grey": editor},
            watch=Watch(advance=stop),
        )
    assert editor.closed == 2

"""A run that is taken up again: it grows, fails less, and makes good what was damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.core.errors import BadInput, EditFailed
from bench.run import worker
from bench.run.carried_out import unlike
from bench.run.growth import obstacles
from bench.run.schema import read_header
from bench.run.suite_run import Watch, run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data

TASKS = "[{dataset: rooms, protocol: freeform@1}]"


class Counting:
    """Darkens what is shown, edit by edit; counts them, and fails those that it is told to."""

    needs: frozenset[str] = frozenset()

    def __init__(self, seed: int = 0, *fails: str) -> None:
        self.identity = {"seed": seed}
        self.fails = set(fails)
        self.seen: list[str] = []

    def edit(self, batch):
        failing = self.fails & set(batch.ids)
        if failing:
            raise EditFailed(f"not {sorted(failing)[0]}")
        self.seen += batch.ids
        return (batch.masked - 0.25 - self.identity["seed"] / 8).clamp(-1, 1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "rooms")


def run(data: Path, out: Path, editor=None, *, watch=None, again=None, limit=None, **changes):
    fields = {"tasks": TASKS, "methods": "[copy]", **changes}
    suite = parse_suite(suite_text(data, **fields), "made.yaml")
    return run_suite(
        suite,
        out=out,
        device="cpu",
        workers=1,
        limit=limit,
        watch=watch,
        editors={} if editor is None else {"counting": editor},
        **(again or {}),
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file whose bytes do not depend on the clock."""
    files = [
        *folder.glob("samples/**/*.parquet"),
        *folder.glob("references/**/*.parquet"),
        *folder.glob("outputs/**/*.parquet"),
        *folder.glob("predictions/**/*.png"),
        *folder.glob("edits/**/*.png"),
        *(folder / f"{name}.parquet" for name in ("scores", "canaries")),
    ]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.is_file()}


def test_grown_in_steps_is_the_same_as_made_at_once(data, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("bench.run.plan.SHARD", 4)
    every = {
        "tasks": "[{dataset: rooms, protocol: [freeform@1, object-remove@1]}]",
        "methods": "[mean-colour, copy, counting]",
        "metrics": "[leak, l1, psnr]",
    }
    run(data, tmp_path / "once", Counting(), **every)
    steps = tmp_path / "steps"
    run(data, steps, limit=2, metrics="[leak, psnr]")
    run(data, steps, metrics="[leak, psnr]")
    run(data, steps, metrics="[leak, l1, psnr]")
    run(data, steps, Counting(), methods="[copy, counting]", metrics=every["metrics"])
    grown = run(data, steps, Counting(), **every)
    assert contents(steps) == contents(tmp_path / "once")
    assert grown.kept == {"copy": 5, "counting": 5}
    assert grown.carried_out == 5 + 3 * 4


def test_only_what_is_missing_is_carried_out(data, tmp_path) -> None:
    editor = Counting()
    run(data, tmp_path / "run", editor, limit=3, methods="[counting]")
    canaries_too = len(editor.seen)
    # A new metric scores what is saved; more scenes ask for theirs; nothing new asks for nothing.
    run(data, tmp_path / "run", editor, limit=3, methods="[counting]", metrics="[psnr, l1, rmse]")
    assert len(editor.seen) == canaries_too
    editor.seen.clear()
    more = run(data, tmp_path / "run", editor, methods="[counting]", metrics="[psnr, l1, rmse]")
    assert {"scene3", "scene4"} <= set(editor.seen)
    assert (more.kept, more.carried_out) == ({"counting": 3}, 2)
    editor.seen.clear()
    same = run(data, tmp_path / "run", editor, methods="[counting]", metrics="[psnr, l1, rmse]")
    assert (editor.seen, same.carried_out) == ([], 0)


def test_edits_whose_references_move_when_scenes_come_are_carried_out_again(
    data, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("bench.run.plan.SHARD", 1)
    tasks = "[{dataset: rooms, protocol: freeform@1, references: 2}]"
    editor = Counting()
    run(data, tmp_path / "run", editor, limit=3, tasks=tasks, methods="[counting]")
    grown = run(data, tmp_path / "run", editor, tasks=tasks, methods="[counting]")
    run(data, tmp_path / "once", Counting(), tasks=tasks, methods="[counting]")
    assert contents(tmp_path / "run") == contents(tmp_path / "once")
    assert grown.kept["counting"] + grown.carried_out == 5
    assert grown.kept["counting"] < 3  # of the first three, some may take a style from a new scene


def test_a_metric_of_raw_outputs_that_comes_late_is_a_row_with_its_reason(data, tmp_path) -> None:
    run(data, tmp_path / "run")
    late = run(data, tmp_path / "run", metrics="[psnr, l1, leak]").scores
    row = late[(late["metric"] == "leak") & (late["method"] == "copy")].iloc[0]
    assert np.isnan(row["value"])
    assert "--fresh copy" in row["reason"]
    again = run(data, tmp_path / "run", metrics="[psnr, l1, leak]", again={"fresh": ["copy"]})
    scores = again.scores
    value = scores.loc[(scores["metric"] == "leak") & (scores["method"] == "copy"), "value"]
    assert value.notna().all()


def test_failed_edits_are_tried_again_when_asked(data, tmp_path) -> None:
    broken, mended = Counting(0, "scene2"), Counting()
    assert run(data, tmp_path / "run", broken, methods="[counting]").failed == 1
    assert run(data, tmp_path / "run", mended, methods="[counting]").failed == 1
    assert mended.seen == []
    retried = run(
        data, tmp_path / "run", mended, methods="[counting]", again={"retry_failed": True}
    )
    assert (retried.failed, retried.carried_out, retried.kept) == (0, 1, {"counting": 4})
    run(data, tmp_path / "whole", Counting(), methods="[counting]")
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_a_changed_method_is_refused_with_its_field_or_carried_out_again(data, tmp_path) -> None:
    run(data, tmp_path / "run", Counting(0), methods="[copy, counting]")
    other = Counting(1)
    with pytest.raises(BadInput, match=r"method counting\.identity\.seed is 1 here and 0 there"):
        run(data, tmp_path / "run", other, methods="[copy, counting]")
    with pytest.raises(BadInput, match="--fresh counting"):
        run(data, tmp_path / "run", other, methods="[copy, counting]")
    fresh = run(
        data, tmp_path / "run", other, methods="[copy, counting]", again={"fresh": ["counting"]}
    )
    assert (fresh.kept, fresh.carried_out) == ({"copy": 5}, 5)
    run(data, tmp_path / "other", Counting(1), methods="[copy, counting]")
    assert contents(tmp_path / "run") == contents(tmp_path / "other")


def test_the_advice_names_a_method_whose_name_has_points_whole(data, tmp_path) -> None:
    methods = "[copy, {name: v1.5, editor: EDITOR}]"
    run(data, tmp_path / "run", methods=methods.replace("EDITOR", "nearest"))
    with pytest.raises(BadInput, match=r"`--fresh v1\.5`"):
        run(data, tmp_path / "run", methods=methods.replace("EDITOR", "diffusion"))


def test_all_methods_are_carried_out_again_when_asked(data, tmp_path) -> None:
    run(data, tmp_path / "run", methods="[copy, mean-colour]")
    outcome = run(data, tmp_path / "run", methods="[copy, mean-colour]", again={"fresh": ["all"]})
    assert outcome.carried_out == 10
    with pytest.raises(BadInput, match="unknown method 'copi'; did you mean 'copy'"):
        run(data, tmp_path / "run", again={"fresh": ["copi"]})


@pytest.mark.parametrize("seed", range(4))
def test_killed_while_it_grows_and_taken_up_again_ends_in_the_same_bytes(
    data, tmp_path, monkeypatch, seed
) -> None:
    monkeypatch.setattr("bench.run.plan.SHARD", 2)
    every = {"methods": "[mean-colour, copy]", "metrics": "[l1, psnr]"}
    run(data, tmp_path / "once", **every)
    run(data, tmp_path / "grown", limit=3)
    calls = iter(range(1000))

    def kill(_: int) -> None:
        if next(calls) == seed * 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(data, tmp_path / "grown", watch=Watch(advance=kill), **every)
    run(data, tmp_path / "grown", **every)
    assert contents(tmp_path / "grown") == contents(tmp_path / "once")


@pytest.mark.parametrize("harm", ["missing", "cut", "another"])
@pytest.mark.parametrize("image", ["predictions/{}/copy/scene1.png", "edits/{}/scene1/mask.png"])
def test_a_damaged_image_is_noticed_named_and_made_again(data, tmp_path, harm, image) -> None:
    run(data, tmp_path / "run", methods="[copy, mean-colour]")
    before = contents(tmp_path / "run")
    file = tmp_path / "run" / image.format("rooms-freeform")
    if harm == "missing":
        file.unlink()
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:60])
    else:
        with Image.open(file) as opened:
            Image.new(opened.mode, opened.size).save(file)
    outcome = run(data, tmp_path / "run", methods="[copy, mean-colour]")
    (line,) = outcome.damaged
    assert line.startswith(f"{image.format('rooms-freeform')}: ")
    assert outcome.carried_out == ("predictions" in image)
    assert contents(tmp_path / "run") == before


def test_a_damaged_table_is_made_again(data, tmp_path) -> None:
    run(data, tmp_path / "run")
    before = contents(tmp_path / "run")
    for table in ("references", "samples"):
        file = tmp_path / "run" / table / "rooms-freeform" / "00000.parquet"
        file.write_bytes(file.read_bytes()[:-9])
        outcome = run(data, tmp_path / "run")
        assert outcome.damaged[0].startswith(f"{table}/rooms-freeform/00000.parquet: ")
        assert contents(tmp_path / "run") == before


def test_a_run_does_not_shrink(data, tmp_path) -> None:
    run(data, tmp_path / "run", methods="[copy, mean-colour]")
    for changes, field in (
        ({"methods": "[copy]"}, r"methods\.mean-colour is not set here"),
        ({"methods": "[copy, mean-colour]", "metrics": "[psnr]"}, r"metrics\.l1 is not set here"),
        ({"methods": "[copy, mean-colour]", "limit": 2}, r"rooms\.limit is 2 here"),
    ):
        with pytest.raises(BadInput, match=field):
            run(data, tmp_path / "run", **changes)


def test_a_task_that_is_left_out_is_named_and_not_written_out(data, tmp_path) -> None:
    both = "[{dataset: rooms, protocol: [freeform@1, outpainting@1]}]"
    run(data, tmp_path / "run", tasks=both)
    with pytest.raises(BadInput) as refused:
        run(data, tmp_path / "run", tasks="[{dataset: rooms, protocol: freeform@1}]")
    assert "task rooms-outpainting is there and not here; choose another --out" in str(
        refused.value
    )
    assert "{" not in str(refused.value)


def test_a_metric_of_two_tasks_that_cannot_be_computed_any_more_is_named_once(
    data, tmp_path
) -> None:
    run(data, tmp_path / "run", tasks="[{dataset: rooms, protocol: [freeform@1, outpainting@1]}]")
    old = read_header(tmp_path / "run" / "run.json")
    # All that a metric leaves there whose weights are missing.
    nameless = {
        key: {**record, "metric": {"name": record["metric"]["name"]}}
        for key, record in old.protocols.items()
    }
    now = old.model_copy(update={"key": "another", "protocols": nameless})
    assert sorted(obstacles(old, now, None, (), None)) == [
        f"metric {name} can be computed there and not here" for name in ("l1", "psnr")
    ]


def test_a_run_grows_only_over_scenes_that_are_still_the_same(data, tmp_path) -> None:
    run(data, tmp_path / "run", limit=2)
    Image.new("RGB", (32, 32), "red").save(data / "images" / "scene0.png")
    with pytest.raises(BadInput, match=r"task rooms-freeform\.fingerprint is "):
        run(data, tmp_path / "run")


def test_a_growing_run_has_no_scores_of_before(data, tmp_path) -> None:
    run(data, tmp_path / "run")

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(data, tmp_path / "run", methods="[copy, mean-colour]", watch=Watch(advance=stop))
    assert json.loads((tmp_path / "run" / "run.json").read_text())["state"] == "running"
    assert not (tmp_path / "run" / "scores.parquet").exists()


def test_progress_counts_every_result_once(data, tmp_path) -> None:
    counted: list[int] = []
    planned: list[int] = []
    watch = Watch(start=planned.append, advance=counted.append)
    run(data, tmp_path / "run", watch=watch, methods="[copy, mean-colour]")
    assert planned == [10]
    assert sum(counted) == 10
    # It moves after every batch of two.
    assert len([count for count in counted if count]) == 6


def test_results_that_stay_keep_the_versions_that_they_were_made_with(
    data: Path, tmp_path: Path, monkeypatch
) -> None:
    now = worker.versions()
    out, editor = tmp_path / "run", Counting()
    with monkeypatch.context() as patch:
        patch.setattr(worker, "versions", lambda: now | {"torch": "1.0"})
        run(data, out, editor, methods="[counting]", limit=2)

    def made_with(outcome) -> list[tuple[int, str]]:
        return [(row.shards, row.versions["torch"]) for row in outcome.header.workers]

    grown = run(data, out, editor, methods="[counting]", limit=4)
    assert made_with(grown) == [(1, now["torch"]), (1, "1.0")]
    assert unlike(grown.header.workers) == [f"torch: {now['torch']}, 1.0"]
    again = run(data, out, editor, methods="[counting]", limit=5)
    assert made_with(again) == [(1, now["torch"]), (1, "1.0")]
    fresh = {"fresh": ["counting"]}
    assert made_with(run(data, out, editor, methods="[counting]", limit=5, again=fresh)) == [
        (1, now["torch"])
    ]

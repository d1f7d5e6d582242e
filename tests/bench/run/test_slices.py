"""Scores of parts of a run, against closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.core.errors import BadInput
from bench.run.reader import Run, read_run
from bench.run.slices import slice_columns, sliced
from tests.reports.made_run import NO_GROUND_TRUTH, make_run

FREE, REMOVAL = "scenes / free-form", "scenes / removal"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read_run(make_run(tmp_path_factory.mktemp("run"), edits=16, methods=3))


def rewritten(folder: Path, **columns: object) -> Run:
    """A run of one task of 8 edits, with other entries in its samples."""
    make_run(folder, edits=8, methods=1, tasks=1, size=16)
    file = folder / "samples" / "task-0" / "00000.parquet"
    pd.read_parquet(file).assign(**columns).to_parquet(file)
    return read_run(folder)


def test_a_slice_is_the_mean_of_its_edits_with_their_number(made: Run):
    found = made.slices("class", ["psnr-hole"]).set_index(["method", "slice"])
    samples = made.samples(REMOVAL)
    own = samples[(samples["method"] == "diffusion") & (samples["region"] == "hill")]
    row = found.loc[("diffusion", "hill")]
    assert row["value"] == pytest.approx(np.mean(own["psnr-hole"]))
    assert (row["n"], row["clusters"], row["level"]) == (4, 4, 0.95)
    assert set(found["task"]) == {REMOVAL}  # free-form edits have no class


def test_shares_fall_into_bins_of_ten_percent_by_their_lower_edge(tmp_path: Path):
    shares = [0.0, 0.0999, 0.1, 0.3, 0.6, 0.7, 0.95, 1.0]
    run = rewritten(tmp_path / "run", coverage=shares)
    (one,) = sliced(run, "coverage")
    bins = ["0–10 %", "10–20 %", "30–40 %", "60–70 %", "70–80 %", "90–100 %"]  # noqa: RUF001
    assert list(one.labels) == bins
    assert list(run.slices("coverage", ["psnr"])["n"]) == [2, 1, 1, 1, 1, 2]


def test_no_interval_of_a_slice_reaches_beyond_what_an_edit_can_have(tmp_path: Path):
    values = [0.0] * 6 + [0.9] * 2  # four scenes: Student's lower end would be far below 0
    run = rewritten(tmp_path / "run", coverage=0.25, **{"lpips-alex": values})
    (row,) = run.slices("coverage", ["lpips-alex"]).to_dict("records")
    by_scene = [0.0, 0.0, 0.0, 0.9]
    low, high = stats.t.interval(0.95, 3, np.mean(by_scene), stats.sem(by_scene))
    assert low < 0
    assert row["low"] == 0.0
    assert row["high"] == pytest.approx(high, rel=0.1)


def test_one_slice_of_all_edits_has_the_interval_of_the_whole_score(tmp_path: Path):
    from bench.metrics.estimate import mean_estimate

    run = rewritten(tmp_path / "run", coverage=0.25)
    (row,) = run.slices("coverage", ["l1-hole"]).to_dict("records")
    samples = run.samples(FREE)
    whole = mean_estimate("l1-hole", samples["l1-hole"].to_numpy(), list(samples["scene"])).score()
    assert (row["value"], row["low"], row["high"]) == (whole.value, whole.low, whole.high)


def test_the_interval_of_many_scenes_is_nearly_students(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=400, methods=1, tasks=1, size=16)
    file = folder / "samples" / "task-0" / "00000.parquet"
    values = np.random.default_rng(0).normal(20, 3, 400)
    parts = np.arange(400) // 200
    pd.read_parquet(file).assign(
        scene=[f"s{i}" for i in range(400)], psnr=values, sample=parts
    ).to_parquet(file)
    rows = read_run(folder).slices("sample", ["psnr"])
    assert list(rows["slice"]) == ["0", "1"]
    for part, row in enumerate(rows.to_dict("records")):
        own = values[parts == part]
        low, high = stats.t.interval(0.95, 199, own.mean(), own.std(ddof=1) / np.sqrt(200))
        assert row["low"] == pytest.approx(low, abs=0.1 * (high - low))
        assert row["high"] == pytest.approx(high, abs=0.1 * (high - low))


def test_numbers_with_a_fraction_are_cut_into_quarters(tmp_path: Path):
    run = rewritten(tmp_path / "run", quality=[0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5])
    rows = run.slices("quality", ["psnr"])
    assert list(rows["slice"]) == [
        "0.5 to 2.25", "2.25 to 4", "4 to 5.75", "5.75 to 7.5",
    ]  # fmt: skip
    assert list(rows["n"]) == [2, 2, 2, 2]


def test_edits_without_a_value_are_a_slice_of_their_own_behind_the_others(tmp_path: Path):
    regions = ["house", None, "sky", "sky", None, "hill", "sky", "house"]
    rows = rewritten(tmp_path / "run", region=regions).slices("class", ["psnr"])
    # In the order of the label space.
    assert list(rows["slice"]) == ["sky", "hill", "house", "(none)"]
    assert list(rows["n"]) == [3, 1, 2, 2]


def test_one_scene_alone_has_no_interval_and_says_why(tmp_path: Path):
    regions = ["sky"] * 7 + ["sun"]
    last = rewritten(tmp_path / "run", region=regions).slices("class", ["psnr"]).iloc[-1]
    assert np.isnan(last["low"])
    assert last["reason"] == "no interval: it takes edits of at least two scenes"


def test_an_operation_takes_the_edits_of_all_its_tasks_together(made: Run):
    rows = made.slices("operation", ["l1-hole"]).set_index(["method", "slice"])
    inpaint = [made.samples(task.name) for task in made.header.tasks if task.operation == "inpaint"]
    both = pd.concat(inpaint).query("method == 'diffusion'")["l1-hole"]
    row = rows.loc[("diffusion", "inpaint")]
    assert row["value"] == pytest.approx(both.mean())
    assert row["n"] == len(both) == 32
    # Scenes of two datasets are told apart though their ids are equal.
    assert row["clusters"] == 16


def test_scenes_of_one_dataset_are_one_cluster_whatever_the_task(made: Run):
    rows = made.slices("dataset", ["l1-hole"]).query("method == 'copy'").set_index("slice")
    assert (rows.loc["drawn-scenes", "n"], rows.loc["drawn-scenes", "clusters"]) == (32, 8)


def test_a_slice_without_ground_truths_says_why_it_has_no_value(tmp_path: Path):
    run = rewritten(
        tmp_path / "run",
        psnr=[None] * 4 + [20.0] * 4,
        sample=[0] * 4 + [1] * 4,
        no_ground_truth=[NO_GROUND_TRUTH] * 4 + [""] * 4,
    )
    rows = run.slices("sample", ["psnr"])
    assert list(rows["reason"]) == [NO_GROUND_TRUTH, ""]
    assert rows["value"].isna().tolist() == [True, False]


def test_failed_edits_are_in_no_slice(made: Run):
    rows = made.slices("operation", ["psnr"]).set_index(["method", "slice"])
    samples = made.samples(REMOVAL).query("method == 'nearest'")
    assert rows.loc[("nearest", "remove"), "n"] == (samples["status"] == "ok").sum() < 16


def test_scores_of_whole_sets_are_left_out_and_refused_by_name(made: Run):
    assert set(made.slices("operation")["metric"]) == {"psnr", "psnr-hole", "l1-hole", "lpips-alex"}
    with pytest.raises(BadInput, match="'fid' is of a whole set of edits"):
        made.slices("coverage", ["fid"])


def test_every_column_of_the_samples_may_be_asked_for(made: Run):
    assert {
        "coverage",
        "class",
        "operation",
        "dataset",
        "protocol",
        "sample",
        "scene",
        "psnr",
    } <= set(slice_columns(made))
    assert len(made.slices("scene", ["psnr"]).query("method == 'copy'")) == 3 * 8
    assert made.slices("region", ["psnr"]).equals(
        made.slices("class", ["psnr"]).assign(by="region")
    )


def test_what_cannot_be_sliced_is_one_sentence(made: Run, tmp_path: Path):
    with pytest.raises(BadInput, match="column to slice by 'coverag'; did you mean 'coverage'"):
        made.slices("coverag")
    with pytest.raises(BadInput, match="unknown score 'psn'"):
        made.slices("coverage", ["psn"])
    run = read_run(make_run(tmp_path / "one", edits=2, methods=1, tasks=1, size=16))
    with pytest.raises(BadInput, match="no edit has a value in 'class'; slice by coverage or"):
        run.slices("class")


def test_a_column_of_too_many_values_is_refused(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=402, methods=1, tasks=1, size=16)
    with pytest.raises(BadInput, match="'scene' has 201 different values"):
        read_run(folder).slices("scene")

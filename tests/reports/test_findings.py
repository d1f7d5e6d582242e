"""The first lines of a report."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.run.reader import Run, read_run
from reports.findings import Gap, Standing, caveat, findings, levelled, standings
from reports.overview import overview
from reports.table import task_table
from tests.reports.made_run import make_run

NEAR = Gap("near", "0.10", "0.10 [−0.20, 0.40]", sure=False)  # noqa: RUF001
FAR = Gap("far", "3.97", "3.97 [2.85, 5.09]", sure=True)


def standing(*gaps: Gap, best: tuple[str, ...] = ("ours",), **changes) -> Standing:
    plain = Standing(
        task="rooms", where="Rooms", score="psnr", title="PSNR", value="21.30 dB", best=best,
        gaps=gaps, sure=all(gap.sure for gap in gaps), p=0.01, scenes=12, needed=None,
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def judged(run: Run) -> list[Standing]:
    tables = [task_table(run, task) for task in run.header.tasks]
    return standings(run, tables, [column.name for column in overview(run, tables).columns])


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (standing(FAR), "ours is best (21.30 dB), by 3.97 [2.85, 5.09] over far."),
        (
            standing(FAR, Gap("last", "9", "9", sure=True)),
            "ours is best (21.30 dB), by 3.97 [2.85, 5.09] over far, and more over last.",
        ),
        (
            standing(NEAR, FAR),
            "ours is first (21.30 dB), better than far; not told apart from near "
            "(by 0.10 [−0.20, 0.40]).",  # noqa: RUF001
        ),
        (
            standing(NEAR),
            "ours is first (21.30 dB), but not told apart from near (by 0.10 [−0.20, 0.40]).",  # noqa: RUF001
        ),
        (
            standing(FAR, best=("ours", "twin"), sure=False),
            "ours and twin are level and first (21.30 dB), better than far.",
        ),
    ],
)
def test_a_sentence_says_who_is_best_by_how_much_and_what_is_noise(one: Standing, sentence: str):
    assert one.sentence == sentence


def test_a_value_is_level_with_the_best_where_no_paired_test_over_scenes_tells_them_apart(run: Run):
    task = run.header.tasks[0]
    (table,) = levelled(run, [task_table(run, task)])
    at = [column.name for column in table.columns].index("psnr-hole")
    marks = {row.name: row.cells[at].level for row in table.rows if row.cells[at].compared}

    values = run.samples(task.name).pivot_table("psnr-hole", ["scene", "edit"], "method").dropna()
    scenes = values.groupby("scene").mean()
    p = {name: stats.ttest_rel(scenes["small"], scenes[name]).pvalue for name in marks}
    assert p["diffusion"] > 0.05
    assert p["mean-colour"] < 0.05 / 6  # pairs of four methods
    assert marks["diffusion"]
    assert not marks["mean-colour"]
    assert not marks["small"]  # the best itself


def test_nothing_is_level_in_a_run_that_still_goes_on(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=10, methods=5, tasks=1)
    header = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(header | {"state": "running"}))
    going_on = read_run(folder)
    (table,) = levelled(going_on, [task_table(going_on, going_on.header.tasks[0])])
    assert not any(cell.level for row in table.rows for cell in row.cells)


def test_the_gap_is_the_advantage_of_the_best_whichever_way_is_better(run: Run):
    samples = run.samples("scenes / free-form").set_index("edit")
    for one in judged(run):
        if one.task != "scenes / free-form" or one.score not in ("psnr-hole", "l1-hole"):
            continue
        values = {m.title: samples[samples["method"] == m.name][one.score].astype(float).dropna()
                  for m in run.header.methods}  # fmt: skip
        common = values["Nearest"].index  # it failed at one edit
        best, second = values[one.best[0]][common], values[one.gaps[0].method][common]
        assert one.gaps[0].text.startswith(f"{abs(best.mean() - second.mean()):.2f} [")
        assert one.scenes == 5
        assert one.value.endswith("on 9 common edits")


def test_of_one_task_every_score_has_its_sentence():
    found = [standing(FAR), standing(NEAR, title="SSIM", needed=40)]
    said = findings(found)
    assert [(one.label, one.text) for one in said[:2]] == [
        ("PSNR", found[0].sentence),
        ("SSIM", found[1].sentence),
    ]
    assert said[2].label == "What to do"
    assert "About 40 scenes a task (now 12) would decide SSIM, were" in said[2].text
    # `--limit` cannot raise the suite's own, and no dataset has more scenes than it has.
    assert said[2].text.endswith(
        "with a higher `limit`, which keeps what is there, or on more images."
    )


def test_of_many_tasks_the_leaders_are_counted_and_the_clearest_win_is_named():
    found = [
        standing(FAR),
        standing(FAR, title="SSIM", p=0.001),
        standing(NEAR, best=("theirs",), task="streets", where="Streets", needed=30),
    ]
    lead, sure, noise, do = (one.text for one in findings(found))
    assert lead == "Most first places: ours on 1 of 2 tasks (Rooms) and theirs on 1 (Streets)."
    assert sure.startswith("2 of 3 first places beat every other method (ours 2). The clearest: ")
    assert "ours in SSIM, Rooms, by 3.97 [2.85, 5.09] over far." in sure
    assert noise.startswith("1 first place is not told apart from at least one other method")
    assert "About 30 scenes a task (now 12) would decide PSNR (Streets), were" in do


def test_a_task_that_two_lead_counts_for_each_and_that_is_said():
    found = [standing(FAR, best=("ours", "theirs")), standing(FAR, task="streets", where="Streets")]
    lead = findings(found)[0].text
    assert lead.startswith("Most first places: ours on 2 of 2 tasks")
    assert lead.endswith("; a tie counts for each.")


def test_where_nothing_but_a_wall_of_scenes_would_help_the_advice_is_another():
    for needed in (12 * 51, None):
        (_, _, do) = findings([standing(FAR, title="SSIM"), standing(NEAR, needed=needed)])
        assert do.text.startswith("In PSNR the first methods are so close that more scenes")
        assert "by eye" in do.text
    (*_, do) = findings([standing(NEAR, title=str(k), needed=None) for k in range(4)])
    assert do.text.startswith("In 4 open places the first methods")


def test_trainings_of_one_variant_are_sent_to_the_comparison_that_knows_their_spread():
    plain = standing(FAR, NEAR, needed=40)
    assert [one.label for one in findings([plain])] == ["PSNR", "What to do"]
    rows = (
        dataclasses.replace(FAR, method="ablated"),
        dataclasses.replace(NEAR, method="ours-seed1"),
    )
    last = findings([standing(*rows, needed=40)])[-1]
    assert last.label == "Trainings"
    assert last.text.startswith("Each training of ours is a method of its own here.")
    assert "`siebench trainings RUN`" in last.text
    alone = standing(dataclasses.replace(NEAR, method="ours-seed1"), needed=40)
    assert "Trainings" not in [one.label for one in findings([alone])]


def test_the_caveat_says_how_many_of_many_questions_may_be_wrong():
    assert "up to 3 would still name one better" in caveat([standing(FAR)] * 60)
    assert "would still" not in caveat([standing(FAR)])
    assert caveat([]) == ""


def test_of_a_run_that_is_not_finished_nothing_is_said(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=2, methods=3, tasks=1)
    text = (folder / "run.json").read_text().replace('"state": "done"', '"state": "decided"')
    (folder / "run.json").write_text(text)
    assert judged(read_run(folder)) == []


INFINITY = math.inf


def told(tmp_path: Path, values: dict[str, list[float]], notices: tuple[dict, ...] = ()) -> list:
    """The first lines of a run of one task in which methods have these values of PSNR, a scene each."""
    folder = make_run(tmp_path / "run", edits=len(values["nearest"]), methods=3, tasks=1)
    shard = next((folder / "samples").rglob("*.parquet"))
    samples = pd.read_parquet(shard)
    scores = pd.read_parquet(folder / "scores.parquet")
    scores = scores[(scores["metric"] == "psnr-hole") & scores["method"].isin(values)]
    for name, own in values.items():
        mine = samples["method"] == name
        samples.loc[mine, "status"] = "ok"
        samples.loc[mine, "psnr-hole"] = own
        samples.loc[mine, "scene"] = [f"s{i}" for i in range(len(own))]
        scores.loc[scores["method"] == name, ["value", "n"]] = [np.mean(own), len(own)]
    samples[samples["method"].isin(values)].to_parquet(shard)
    scores.to_parquet(folder / "scores.parquet")
    header = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**header, "notices": notices}))
    return findings(judged(read_run(folder)))


def test_of_one_scene_no_sentence_speaks_of_noise_and_the_advice_is_to_take_more(tmp_path: Path):
    first, do = told(tmp_path, {"nearest": [20.0], "diffusion": [30.0]})
    assert first.text == (
        "Diffusion is first (30.00 dB), but not told apart from Nearest (by 10.00: edits of only 1 scene; "
        "the noise is known from two scenes on)."
    )
    assert do.text.startswith("Run it on more images: in PSNR, masked region there is one scene")


def test_an_infinite_difference_is_told_in_words(tmp_path: Path):
    (first, do) = told(
        tmp_path, {"nearest": [20.0] * 4, "diffusion": [30.0, 30.0, INFINITY, INFINITY]}
    )
    assert first.text == (
        "Diffusion is first (∞ dB), but not told apart from Nearest "
        "(by an infinite amount in 2 scenes alone)."
    )
    # The sign test takes k scenes with 2 / 2^k <= 5 %, which is 6; every second one agrees.
    assert "About 11 scenes" in do.text


def test_a_first_place_that_was_found_wrong_says_so_before_all_else(tmp_path: Path):
    text = "diffusion equals the ground truth in the masked region in 8 of 8 edits"
    notice = {"kind": "bad", "task": "scenes / free-form", "what": "method", "name": "diffusion"}
    values = {"nearest": [20.0] * 8, "diffusion": [INFINITY] * 8}
    suspect, first = told(tmp_path, values, ({**notice, "text": text},))
    assert suspect.label == "Suspect"
    assert suspect.text == (
        f"Diffusion is first in 1 place here, but its results are doubtful: {text}."
    )
    assert first.text == "Diffusion is best (∞ dB), by an infinite amount over Nearest."
    (alone,) = told(tmp_path / "other", values, ({**notice, "name": "nearest", "text": text},))
    assert alone.label == "PSNR, masked region"

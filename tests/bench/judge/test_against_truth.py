"""Which scores agree with the truth: rank correlations that scipy gives too, with intervals over scenes."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.core.errors import BadInput
from bench.judge.against_truth import against_truth
from bench.run.reader import read_run
from bench.run.table_files import write_table
from bench.run.tables import REPLICATES, SAMPLES, SCORES

EMPTY = {one.name: "" if one.kind == "text" else None for one in SAMPLES.columns}


def column(name, *, better="lower", summary="mean", **facts):
    return {
        "name": name,
        "metric": name,
        "title": name.title(),
        "family": name,
        "better": better,
        "summary": summary,
        **facts,
    }


def method(name, *, sees=False):
    return {
        "name": name,
        "slug": name,
        "title": name,
        "editor": name,
        "needs": ["original"] if sees else [],
    }


def task(name, operation="inpaint", dataset="drawn"):
    return {
        "name": name,
        "slug": name,
        "title": name,
        "dataset": dataset,
        "protocol": "freeform@1",
        "operation": operation,
        "n": 1,
        "size": [8, 8],
        "space": {"name": "s", "classes": ["a"], "palette": [[0, 0, 0]]},
    }


def write_run(
    folder,
    columns,
    values,
    *,
    tasks=None,
    methods=None,
    sets=None,
    without_replicates=(),
    state="done",
):
    """A run with per-edit `values`, by task and score float [edits, methods], two edits a scene.

    `sets` has scores of whole sets, by task and score a function of the edits that are left [n, methods].
    """
    tasks = tasks or [task(name) for name in values]
    first = next(iter(next(iter(values.values())).values()))
    methods = methods or [method(f"m{k}") for k in range(first.shape[1])]
    scores, replicates = [], []
    for one in tasks:
        rows = []
        given = values[one["name"]]
        edits = len(next(iter(given.values())))
        for k, name in enumerate(m["name"] for m in methods):
            for i in range(edits):
                row = {"edit": f"e{i}", "scene": f"s{i // 2}", "sample": i % 2, "method": name}
                own = {score: float(table[i, k]) for score, table in given.items()}
                rows.append(EMPTY | row | {"status": "ok", "coverage": 0.1} | own)
            for score, function in (sets or {}).get(one["name"], {}).items():
                bare = score in without_replicates
                kept = (
                    []
                    if bare
                    else [
                        function([i for i in range(edits) if i // 2 != scene])[k]
                        for scene in range(edits // 2)
                    ]
                )
                where = {"task": one["name"], "method": name, "metric": score, "of": "all"}
                scores.append(where | {"value": function(list(range(edits)))[k], "n": edits})
                scenes = [f"s{scene}" for scene in range(edits // 2)]
                if not bare:
                    replicates.append(where | {"scenes": scenes, "values": kept})
        file = folder / "samples" / one["slug"] / "00000.parquet"
        file.parent.mkdir(parents=True)
        write_table(file, SAMPLES, {name: [row[name] for row in rows] for name in rows[0]})
    scores.append(
        {"task": tasks[0]["name"], "method": methods[0]["name"], "metric": "x", "of": "all", "n": 1}
    )
    filled = {name: [row.get(name) for row in scores] for name in SCORES.names}
    filled["clusters"] = [1] * len(scores)
    write_table(folder / "scores.parquet", SCORES, filled)
    if replicates:
        table = {name: [row[name] for row in replicates] for name in REPLICATES.names}
        write_table(folder / "replicates.parquet", REPLICATES, table)
    header = {"format": 2, "name": "r", "title": "r", "state": state}
    header |= {"tasks": tasks, "methods": methods, "metrics": columns}
    (folder / "run.json").write_text(json.dumps(header))
    return read_run(folder)


def noise(seed, edits=24, methods=5):
    return np.random.default_rng(seed).normal(size=(edits, methods))


def only(found, score):
    (one,) = [one for one in found if one.score == score]
    return one


def test_a_score_that_follows_the_truth_agrees_wholly_whatever_its_scale_and_direction(tmp_path):
    truth = noise(0)
    columns = [column("truth"), column("same", better="higher"), column("turned")]
    values = {"truth": truth, "same": -np.exp(truth), "turned": -truth}
    found = against_truth(write_run(tmp_path, columns, {"t": values}), "truth")
    same, turned = found
    assert (same.score, turned.score) == ("same", "turned")
    for one, value in ((same, 1), (turned, -1)):
        assert one.of_edits.value == pytest.approx(value)
        assert one.of_methods.value == pytest.approx(value)
        assert (one.of_edits.low, one.of_edits.high) == pytest.approx((value, value))
    # A mean of exponentials need not rank as a mean does, but the turned one does.
    assert turned.of_tables.value == pytest.approx(-1)


def test_a_score_of_sets_whose_spread_is_not_known_has_no_interval(tmp_path):
    truth = noise(1) + np.arange(5)
    columns = [column("truth"), column("p-ids", summary="set"), column("fid", summary="set")]
    sets = {"t": dict.fromkeys(("p-ids", "fid"), lambda edits: truth[edits].mean(axis=0))}
    run = write_run(
        tmp_path, columns, {"t": {"truth": truth}}, sets=sets, without_replicates={"p-ids"}
    )
    bare, whole = (only(against_truth(run, "truth"), name).of_tables for name in ("p-ids", "fid"))
    assert bare.value == whole.value == pytest.approx(1)
    assert (bare.low, bare.high) == (None, None)
    assert whole.high == pytest.approx(1)


def test_the_three_are_means_of_scipys_correlations(tmp_path):
    truth, score = noise(1) + np.arange(5), noise(2)
    score = score + 0.4 * truth
    columns = [column("truth"), column("score")]
    run = write_run(tmp_path, columns, {"t": {"truth": truth, "score": score}})
    found = only(against_truth(run, "truth"), "score")
    rows = [stats.spearmanr(a, b).statistic for a, b in zip(truth, score)]
    assert found.of_edits.value == pytest.approx(np.mean(rows))
    assert found.of_edits.n == 24
    sides = [stats.spearmanr(a, b).statistic for a, b in zip(truth.T, score.T)]
    assert found.of_methods.value == pytest.approx(np.mean(sides))
    assert found.of_methods.n == 5
    table = stats.spearmanr(truth.mean(axis=0), score.mean(axis=0)).statistic
    assert found.of_tables.value == pytest.approx(table)
    assert found.of_tables.n == 1
    for part in (found.of_edits, found.of_methods, found.of_tables):
        assert -1 <= part.low <= part.value <= part.high <= 1


def test_noise_agrees_with_nothing_and_its_intervals_say_so(tmp_path):
    values = {"truth": noise(3, 60), "score": noise(4, 60)}
    found = only(
        against_truth(
            write_run(tmp_path, [column("truth"), column("score")], {"t": values}), "truth"
        ),
        "score",
    )
    assert found.of_edits.low < 0 < found.of_edits.high
    assert found.of_methods.low < 0 < found.of_methods.high


def test_a_score_of_the_whole_set_that_is_a_mean_has_the_interval_of_the_mean(tmp_path):
    truth, score = noise(5) + np.arange(5) * 0.3, noise(6) + np.arange(5) * 0.3
    columns = [column("truth"), column("mean"), column("whole", summary="set")]
    run = write_run(
        tmp_path,
        columns,
        {"t": {"truth": truth, "mean": score}},
        sets={"t": {"whole": lambda left: score[left].mean(axis=0)}},
    )
    found = against_truth(run, "truth")
    mean, whole = only(found, "mean"), only(found, "whole")
    assert (whole.of_edits, whole.of_methods) == (None, None)
    assert whole.of_tables == mean.of_tables


def test_of_a_score_that_is_best_at_0_the_distance_from_0_counts(tmp_path):
    truth = noise(7)
    signs = np.random.default_rng(8).choice([-1, 1], truth.shape)
    columns = [
        column("truth"),
        column("seam", better="neither", zero_is_best=True),
        column("moved", better="neither"),
    ]
    values = {"truth": truth, "seam": signs * np.exp(truth), "moved": truth}
    found = against_truth(write_run(tmp_path, columns, {"t": values}), "truth")
    assert [one.score for one in found] == ["seam"]
    assert found[0].of_edits.value == pytest.approx(1)


def test_who_sees_the_answer_is_left_out_and_who_leaves_the_object_is_not(tmp_path):
    methods = [method("copy", sees=True), *(method(f"m{k}") for k in range(3))]
    truth = noise(9, methods=4)
    score = truth.copy()
    score[:, 0] = -100
    columns = [column("truth"), column("score")]
    values = {"paint": {"truth": truth, "score": score}, "remove": {"truth": truth, "score": score}}
    run = write_run(
        tmp_path, columns, values, methods=methods, tasks=[task("paint"), task("remove", "remove")]
    )
    assert only(against_truth(run, "truth", tasks=["paint"]), "score").of_edits.value == 1
    assert only(against_truth(run, "truth", tasks=["remove"]), "score").of_edits.value < 1
    found = against_truth(run, "truth", tasks=["remove"], without=["copy"])
    assert only(found, "score").of_edits.value == 1
    with pytest.raises(BadInput, match="unknown method 'cpy'; did you mean 'copy'"):
        against_truth(run, "truth", without=["cpy"])


def test_tasks_of_one_dataset_share_their_scenes_and_count_alike(tmp_path):
    truth = noise(10)
    columns = [column("truth"), column("score")]
    values = {
        "one": {"truth": truth, "score": truth},
        "two": {"truth": truth, "score": -truth},
    }
    found = only(against_truth(write_run(tmp_path, columns, values), "truth"), "score")
    # Scene by scene the two tasks cancel, in every resample.
    assert found.of_edits.value == pytest.approx(0, abs=1e-12)
    assert (found.of_edits.low, found.of_edits.high) == pytest.approx((0, 0), abs=1e-12)
    assert found.of_tables.n == 2


def test_edits_and_methods_without_a_value_are_left_out(tmp_path):
    truth, score = noise(11), noise(11)
    score[:10] = np.nan
    score[:, 4] = np.nan
    columns = [column("truth"), column("score"), column("nothing")]
    values = {"truth": truth, "score": score, "nothing": np.full_like(truth, np.nan)}
    found = against_truth(write_run(tmp_path, columns, {"t": values}), "truth")
    assert [one.score for one in found] == ["score"]
    assert (found[0].of_edits.n, found[0].of_methods.n) == (14, 4)
    assert found[0].of_edits.value == pytest.approx(1)


def test_infinite_values_rank_like_others(tmp_path):
    truth = noise(12)
    score = -truth.copy()
    score[truth == truth.min(axis=1, keepdims=True)] = np.inf
    columns = [column("truth"), column("psnr", better="higher")]
    run = write_run(tmp_path, columns, {"t": {"truth": truth, "psnr": score}})
    assert only(against_truth(run, "truth"), "psnr").of_edits.value == pytest.approx(1)


@pytest.mark.parametrize(
    ("by", "changes", "says"),
    [
        ("truht", {}, "unknown score 'truht'; did you mean 'truth'"),
        ("whole", {}, "score 'whole' cannot be the truth: it needs a value per edit"),
        ("moved", {}, "score 'moved' cannot be the truth: .* and a better direction"),
        ("never", {}, "no edit has a value of 'never' in the tasks that were asked for"),
        ("truth", {"state": "running"}, "this run is not finished"),
        ("truth", {"methods": [method("a"), method("b")]}, "takes 3 methods that do not see"),
    ],
)
def test_what_cannot_be_judged_is_said_in_a_sentence(tmp_path, by, changes, says):
    columns = [
        column("truth"),
        column("whole", summary="set"),
        column("moved", better="neither"),
        column("never"),
    ]
    methods = len(changes.get("methods", ())) or 5
    values = {"t": {"truth": noise(13, methods=methods), "moved": noise(14, methods=methods)}}
    run = write_run(tmp_path, columns, values, **changes)
    with pytest.raises(BadInput, match=says):
        against_truth(run, by)


def test_the_command_prints_the_table_and_writes_it(tmp_path, monkeypatch, capsys):
    import bench.cli

    truth = noise(15)
    columns = [column("truth"), column("score", against="original"), column("asks")]
    values = {"truth": truth, "score": truth, "asks": noise(16)}
    write_run(tmp_path / "run", columns, {"t": values})
    monkeypatch.setattr(
        "sys.argv",
        ["siebench", "truth", str(tmp_path / "run"), "--by", "truth", "--markdown", "t.md"],
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        bench.cli.main()
    assert not ended.value.code
    told = capsys.readouterr().out
    assert "Agreement with truth" in told
    assert "asks ●" in told
    assert "1.00 [1.00, 1.00]" in told
    lines = (tmp_path / "t.md").read_text().splitlines()
    assert lines[0].startswith("| score | needs a ground truth |")
    assert lines[2].startswith("| Score (`score`) | no | 1.00 [1.00, 1.00] |")
    assert pd.Series(lines).str.contains("`asks`").sum() == 1

"""An effect against the examples seen: each stage judged by itself, all of them in one table."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.judge.compare.training_curve import (
    CURVE_LEVEL,
    Stage,
    curve_lines,
    curve_tables,
    training_curve,
)
from bench.judge.compare.trainings import tables_markdown
from bench.judge.scores import ScoreSet
from tests.bench.judge.made_scores import per_edit, score_set

SCENES = np.random.default_rng(3).normal(0, 1, 30)


def stage(name: str, full: Sequence[float], other: Sequence[float], **changes: str) -> ScoreSet:
    """A run of two variants with a training for each score."""
    made = [
        per_edit(
            "lpips",
            SCENES - SCENES.mean() + score,
            method=method if seed == 0 else f"{method}-seed{seed}",
            **changes,
        )
        for method, scores in (("full", full), ("w/o *prog*", other))
        for seed, score in enumerate(scores)
    ]
    return dataclasses.replace(score_set(*made), name=name)


EARLY = stage("runs/8k", [1.0, 1.1, 1.2], [2.0, 2.1, 2.2])
LATE = stage("runs/64k", [1.0, 1.1, 1.2], [0.9, 1.1, 1.3])


def markdown_of(curve: list[Stage]) -> str:
    return tables_markdown(curve_tables(curve), CURVE_LEVEL, [])


def test_an_effect_of_early_training_is_seen_to_go() -> None:
    early, late = training_curve([EARLY, LATE], [8000, 64000])
    assert [early.examples, late.examples] == [8000, 64000]
    (first,), (last,) = early.changes, late.changes
    assert first.pair.difference.estimate == pytest.approx(1.0)
    assert first.verdict == "worse"
    assert last.pair.difference.estimate == pytest.approx(0.0)
    assert last.verdict == "undecided"


def test_the_table_has_a_column_for_each_stage() -> None:
    curve = training_curve([EARLY, LATE], [8000, 64000])
    text = markdown_of(curve)
    assert "| score | variant | 8,000 examples | 64,000 examples |" in text
    (row,) = [line for line in text.splitlines() if "prog" in line]
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert cells[1] == "w/o \\*prog\\*"
    assert cells[2].startswith("+1 \\[")
    assert cells[2].endswith(", worse")
    assert cells[3].endswith(", undecided")
    lines = curve_lines(curve)
    assert lines.index("after 8,000 examples") < lines.index("after 64,000 examples")


def test_a_variant_that_a_stage_lacks_leaves_a_gap() -> None:
    alone = stage("runs/64k", [1.0, 1.1], [2.0, 2.1])
    renamed = [
        dataclasses.replace(s, key=s.key._replace(method=key.method.replace("w/o *prog*", "S")))
        for key, s in alone.scores.items()
    ]
    later = dataclasses.replace(score_set(*renamed), name="runs/64k")
    text = markdown_of(training_curve([EARLY, later], [1, 2]))
    rows = [line for line in text.splitlines() if line.startswith("| lpips")]
    assert [row.split(" | ")[1] for row in rows] == ["w/o \\*prog\\*", "S"]
    assert rows[0].endswith("| - |")
    assert rows[1].split(" | ")[2] == "-"


@pytest.mark.parametrize(
    ("runs", "examples", "sentence"),
    [
        ([EARLY, LATE], [8000], "2 runs and 1 number of examples: give one number for each run"),
        ([EARLY, LATE], [9, 9], "examples 9, 9: must ascend"),
        ([EARLY, EARLY], [1, 2], "runs/8k: is given twice"),
        ([EARLY, stage("b", [1, 2], [1, 2], protocol="q" * 64)], [1, 2], "protocol"),
    ],
)
def test_stages_that_make_no_curve_are_refused(
    runs: list[ScoreSet], examples: list[int], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        training_curve(runs, examples)

"""What a run says while it goes on, and the table at its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli.terminal.progress import Lines
from bench.cli.terminal.scores import tell_scores
from bench.run.reader import read_run
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data
from tests.reports.made_run import make_run


def test_a_log_has_a_line_a_minute_with_the_time_left(capsys) -> None:
    now = [0.0]
    lines = Lines("rooms", clock=lambda: now[0])
    lines.start(100)
    lines.advance(20)  # at once: they were there before
    for now[0] in (30.0, 60.0, 90.0, 120.0):
        lines.advance(10)
    assert capsys.readouterr().err.splitlines() == [
        "rooms: 40 of 100, about 3 min left",
        "rooms: 60 of 100, about 2 min left",
    ]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory):
    root: Path = tmp_path_factory.mktemp("scores")
    text = suite_text(
        write_data(root / "rooms", 8),
        methods="[mean-colour, diffusion]",
        tasks="[{dataset: rooms, protocol: freeform@1}]",
        metrics="[l1]",
    )
    return run_suite(parse_suite(text, "made.yaml"), out=root / "run", device="cpu")


def test_the_table_is_aligned_and_marks_the_best_of_the_same_edits(outcome, capsys) -> None:
    tell_scores(outcome)
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("(n = 8)")
    assert said[1].split()[0] == "method"
    marked = [line for line in said[2:4] if "*" in line]
    assert len(marked) == 1
    best = outcome.scores.query("of == 'all'").groupby("metric").get_group("l1")
    lowest = best.loc[best["value"].idxmin(), "method"]
    assert outcome.method(lowest).title in marked[0]
    assert len({line.index("[") for line in said[2:4]}) == 1
    assert "(Holm)" in said[-1]
    assert any(" is better than " in line or " is not told apart from " in line for line in said)


def test_where_a_method_failed_the_table_ranks_on_common_edits_and_says_so(
    tmp_path: Path, capsys
) -> None:
    run = read_run(make_run(tmp_path / "run", edits=10, methods=5, tasks=1))
    tell_scores(run)
    said = capsys.readouterr().out
    nearest = next(line for line in said.splitlines() if line.startswith("  Nearest"))
    small = next(line for line in said.splitlines() if line.startswith("  SPADE, small"))
    assert ", n = 9, " in nearest
    assert "on 9 common edits*" in small
    assert "ranked on 9 common edits, since methods failed at others" in said
    assert "mIoU: Nearest is not ranked, since it has 9 edits and others have 10" in said
    verdict = next(line for line in said.splitlines() if "L1, masked region: SPADE" in line)
    assert "Nearest" in verdict
    verdict = next(line for line in said.splitlines() if line.startswith("  mIoU: Diffusion is"))
    assert "Nearest" not in verdict

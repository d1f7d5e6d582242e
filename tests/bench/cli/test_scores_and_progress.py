"""What a run says while it goes on, and the table at its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli.terminal.progress import Lines, watching
from bench.cli.terminal.scores import tell_scores
from bench.run.reader import read_run
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data
from tests.reports.made_run import make_run
from tests.reports.made_table import trained_unlike


@pytest.mark.parametrize(
    ("stop", "says"), [(KeyboardInterrupt(), "stopped"), (KeyboardInterrupt("ended"), "ended")]
)
def test_what_is_stopped_says_how_it_goes_on(capsys, stop: BaseException, says: str) -> None:
    with pytest.raises(SystemExit) as ended, watching("rooms"):
        raise stop
    assert ended.value.code == 130
    assert capsys.readouterr().err == f"siebench: {says}; the same command goes on from here\n"


def test_a_log_has_a_line_a_minute_with_the_time_left(capsys) -> None:
    now = [0.0]
    lines = Lines("rooms", clock=lambda: now[0])
    lines.start(100)
    lines.advance(20)  # at once: they were there before
    for now[0] in (30.0, 60.0, 90.0, 120.0):
        lines.advance(10)
    lines.workers(3)
    now[0] = 180.0
    lines.workers(3)  # said also where nothing comes
    assert capsys.readouterr().err.splitlines() == [
        "rooms: 40 of 100, 20 a minute, about 3 min left",
        "rooms: 60 of 100, 20 a minute, about 2 min left",
        "rooms: 60 of 100, 13 a minute, about 3 min left, 3 workers",
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


def test_the_table_marks_the_best_and_what_is_not_told_apart_and_says_it_in_words(
    outcome, capsys
) -> None:
    tell_scores(outcome)
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("(n = 8)")
    assert said[1].split()[0] == "method"
    rows = said[3:5]
    best = outcome.scores.query("of == 'all'").groupby("metric").get_group("l1")
    lowest = outcome.method(best.loc[best["value"].idxmin(), "method"]).title
    (marked,) = [line for line in rows if "*" in line]
    assert marked.startswith(lowest)
    assert len({len(line) for line in rows}) == 1
    assert len({line.index(".") for line in rows}) == 1  # a mark moves no number
    assert any(line.startswith("L1, masked region: ") and lowest in line for line in said)
    assert "(Holm)" in " ".join(said)
    assert max(map(len, said)) <= 100


def test_where_a_method_failed_the_table_ranks_on_common_edits_and_says_so(
    tmp_path: Path, capsys
) -> None:
    run = read_run(make_run(tmp_path / "run", edits=10, methods=5, tasks=1))
    tell_scores(run)
    said = capsys.readouterr().out.splitlines()
    samples = run.samples("scenes / free-form")
    nearest, small = (
        samples[samples["method"] == name].set_index("edit")["l1-hole"].dropna()
        for name in ("nearest", "small")
    )
    row = next(line for line in said if line.startswith("SPADE, small")).split()
    assert f"{small[nearest.index].mean():.2f}*" in row
    failed = next(line for line in said if line.startswith("Nearest"))
    assert "(n=9)" in failed  # mIoU, where it is not ranked
    text = " ".join(" ".join(said).split())
    assert "ranked on 9 common edits, since methods failed at others" in text
    assert "mIoU: Nearest is not ranked, since it has 9 edits and others have 10" in text


@pytest.mark.parametrize(
    ("width", "says"),
    [
        (300, ["leak ↓", "psnr-known ↑"]),
        (40, ["leak (grey levels): mean-colour 0.0000,", "psnr-known (dB): mean-colour ∞,"]),
    ],
)
def test_what_became_of_the_known_pixels_stands_beside_the_table_or_below_it(
    outcome, capsys, monkeypatch, width: int, says: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    tell_scores(outcome)
    told = capsys.readouterr().out
    told = " ".join(told.split())
    assert all(one in told for one in says), told
    assert "leak, psnr-known: of the known pixels before compositing, not ranked" in told


@pytest.mark.parametrize(("width", "tables"), [(200, 1), (40, 3)])
def test_a_table_that_is_too_wide_is_cut_between_its_columns(
    tmp_path: Path, capsys, monkeypatch, width: int, tables: int
) -> None:
    run = read_run(make_run(tmp_path / "run", edits=10, methods=3, tasks=1))
    monkeypatch.setenv("COLUMNS", str(width))
    tell_scores(run)
    said = capsys.readouterr().out.splitlines()
    assert max(map(len, said)) <= width
    assert sum(line.startswith("method ") for line in said) == tables
    rows = [line for line in said if line.startswith(("Nearest ", "Diffusion "))]
    assert sum(line.count("*") for line in rows) == 3


def test_networks_that_were_not_trained_alike_are_named_before_what_was_found(
    tmp_path: Path, capsys
) -> None:
    made = make_run(tmp_path / "run", edits=4, methods=3, tasks=2)
    said = trained_unlike(made)
    tell_scores(read_run(made))
    told = " ".join(capsys.readouterr().out.split())
    assert told.count(said) == 1
    assert told.index(said) < told.index("Who leads:")


def test_a_method_alone_has_the_scores_that_it_has_beside_others(tmp_path: Path, capsys) -> None:
    text = suite_text(
        write_data(tmp_path / "rooms", 4),
        methods="[mean-colour]",
        tasks="[{dataset: rooms, protocol: freeform@1}]",
        metrics="[l1]",
    )
    run = run_suite(parse_suite(text, "made.yaml"), out=tmp_path / "run", device="cpu")
    tell_scores(run)
    said = capsys.readouterr().out
    masked = run.scores.query("metric == 'l1-hole'")["value"].item()
    assert f" {masked:.2f} " in said
    assert "masked region: L1" in said


def test_a_task_without_any_score_is_named_with_the_reason(tmp_path: Path, capsys) -> None:
    text = suite_text(
        write_data(tmp_path / "rooms", 4),
        methods="[mean-colour, diffusion]",
        tasks="[{dataset: rooms, protocol: [freeform@1, object-remove@1]}]",
        metrics="[l1]",
    )
    tell_scores(run_suite(parse_suite(text, "made.yaml"), out=tmp_path / "run", device="cpu"))
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "Missing: No L1 for Rooms, object removal: no edit of this task has a ground truth." in said
    )


def test_a_missing_score_whose_reason_is_said_elsewhere_is_not_said_again(
    tmp_path: Path, capsys
) -> None:
    run = read_run(make_run(tmp_path / "run", edits=4, methods=3, tasks=1))
    rows = run.scores[run.scores["metric"] == "fid"]
    (reason,) = rows["reason"].unique()
    for told, count in (((), 1), ((f"metric fid: {reason}",), 0)):
        tell_scores(run, told)
        assert " ".join(capsys.readouterr().out.split()).count("Missing: No FID") == count

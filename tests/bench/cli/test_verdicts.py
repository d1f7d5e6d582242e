"""What `compare` and `gate` print."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from bench.cli.terminal.tables import Cell, Heading, drawn, fits, say, show
from bench.cli.terminal.verdicts import tell_comparison, tell_judgement
from bench.judge.compare import compare
from bench.judge.gate import gate
from bench.judge.policy import Policy
from tests.bench.judge.made_scores import per_edit, score_set
from tests.reports.made_run import make_run

BASE = np.random.default_rng(11).normal(25, 3, 30)
LONG = "perceptual-procedural-hole"
BEFORE = score_set(
    per_edit("psnr", BASE), per_edit(LONG, BASE), per_edit("l1", BASE), name="before"
)
AFTER = score_set(
    per_edit("psnr", BASE - np.linspace(1, 3, 30)), per_edit(LONG, BASE), name="after"
)


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def test_a_comparison_is_a_table_a_task_with_what_changed_first_and_its_edits(capsys) -> None:
    tell_comparison(compare(BEFORE, AFTER))
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "rooms: ours"
    assert said[1].split()[:4] == ["verdict", "score", "before", "after"]
    worse = said[3].split()
    assert worse[:2] == ["worse", "psnr"]
    assert worse[4] == "-2"
    assert worse[-2] == "0.1"
    assert any(line.split()[:2] == ["same", LONG] for line in said)
    assert "  psnr changed most at s29.0: " in "\n".join(said)
    assert "only before has score 'l1'" in said
    assert "before -> after: 2 scores: 1 worse, 1 same" in said[-2]
    assert max(map(len, said)) <= 100


def test_two_methods_of_one_run_are_named_in_the_heading(capsys) -> None:
    both = score_set(per_edit("psnr", BASE), per_edit("psnr", BASE, method="theirs"), name="run")
    tell_comparison(compare(both, methods=[("ours", "theirs")]))
    assert capsys.readouterr().out.startswith("rooms: ours -> theirs\n")


def test_a_gate_shows_the_margin_the_loss_it_could_see_costs_and_its_verdict(capsys) -> None:
    before = dataclasses.replace(BEFORE, costs={("rooms", "ours"): {"ms": 10.0}}, machine={"a": 1})
    slow = dataclasses.replace(before, costs={("rooms", "ours"): {"ms": 15.0}})
    judgement = gate(slow, before, Policy(costs={"ms": 1.2, "peak_mib": 2}))
    tell_judgement(judgement)
    said = capsys.readouterr().out.splitlines()
    mean = f"{BASE.mean():.4g}"
    assert any(line.split()[:4] == ["passed", "psnr", mean, mean] for line in said)
    at = said.index("Costs")
    assert said[at + 3].split() == ["worse", "rooms", "ours", "ms", "1.5", "1.2"]
    assert said[-2].startswith("worse: 3 scores (3 passed), 2 costs (1 worse, 1 not judged)")


def test_there_is_colour_in_a_terminal_and_none_where_it_is_not_wanted(capsys, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    tell_comparison(compare(BEFORE, AFTER))
    assert "\x1b[31mworse" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    tell_comparison(compare(BEFORE, AFTER))
    assert "\x1b[31m" not in capsys.readouterr().out


def test_numbers_stay_whole_and_names_take_the_room_that_is_left(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    headings = [Heading("score", right=False), Heading("value ↑"), Heading("difference")]
    rows = [[Cell("perceptual-procedural-hole"), Cell("0.1234"), Cell("-0.1234 [1]")]]
    assert not fits(headings, rows)
    show(drawn(headings, rows))
    said = capsys.readouterr().out.splitlines()
    assert max(map(len, said)) <= 40
    assert said[-2].split() == ["perceptual-", "0.1234", "-0.1234", "[1]"]
    assert said[-1].split() == ["procedural-hole"]


def test_a_sentence_breaks_between_words(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    say("one two three four five six")
    assert capsys.readouterr().out == "one two three four\n  five six\n"


def test_one_run_alone_shows_its_best_methods_and_options_ask_for_a_second(
    call, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run", edits=4, methods=3, tasks=1)
    code, out, _ = call("compare", run)
    assert code == 0
    assert out.startswith("Drawn scenes, free-form (n = 4)\n")
    assert "* best of the same edits; ~ not told apart from it" in out
    code, _, err = call("compare", run, "--json", tmp_path / "c.json")
    assert code == 2
    assert "needs a second run, or two methods of this one" in err
    code, _, err = call("compare", tmp_path / "rum")
    assert (code, "rum: there is no such folder" in err) == (2, True)


def test_what_the_canaries_found_wrong_stands_under_every_comparison(call, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", edits=4, methods=4, tasks=1)
    header = json.loads((run / "run.json").read_text())
    bad = {"kind": "bad", "task": "scenes / free-form", "what": "method"}
    header["notices"] = [
        bad | {"name": "diffusion", "text": "diffusion gives BGR"},
        bad | {"name": "nearest", "text": "nearest gives BGR"},
        bad | {"name": "psnr", "what": "metric", "text": "PSNR is odd"},
        bad | {"name": "diffusion", "kind": "note", "text": "good to know"},
    ]
    (run / "run.json").write_text(json.dumps(header))

    def suspects(text: str) -> list[str]:
        marks = ("suspect: ", "- **Suspect**: ")
        lines = [line for line in text.splitlines() if line.startswith(marks)]
        return [line.split(": ", 1)[1].split(" (")[0] for line in lines]

    found = ["diffusion gives BGR", "nearest gives BGR", "PSNR is odd"]
    assert suspects(call("compare", run)[1]) == found
    table = tmp_path / "c.md"
    pair = ("--methods", "mean-colour", "diffusion")
    one = ["PSNR is odd", "diffusion gives BGR"]
    assert suspects(call("compare", run, *pair, "--markdown", table)[1]) == one
    assert suspects(table.read_text()) == one
    assert suspects(call("compare", run, run, *pair)[1]) == one

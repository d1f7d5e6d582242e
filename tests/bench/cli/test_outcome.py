"""What a finished run says of its failures."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import typer

from bench.cli.terminal.outcome import finish
from bench.core.errors import EditFailed
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data


class Choosy:
    """Carries out every edit but one."""

    needs: frozenset[str] = frozenset()

    def __init__(self, refused: str) -> None:
        self.refused = refused

    def edit(self, batch):
        if self.refused in batch.ids:
            raise EditFailed("this one is not for me")
        return torch.zeros_like(batch.masked)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory):
    root: Path = tmp_path_factory.mktemp("outcome")
    text = suite_text(
        write_data(root / "rooms"),
        methods="[copy, choosy]",
        tasks="[{dataset: rooms, protocol: freeform@1}]",
    )
    suite = parse_suite(text, "made.yaml")
    return run_suite(suite, out=root / "run", device="cpu", editors={"choosy": Choosy("scene2")})


def test_a_failed_edit_ends_with_1_and_names_its_traceback(outcome, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["siebench", "run"])
    with pytest.raises(typer.Exit) as ended:
        finish(outcome)
    assert ended.value.exit_code == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "5 edits, 0 impossible, 1 failed"
    assert said[1] == "  1x rooms-freeform: choosy: this one is not for me"
    assert said[2] == f"traceback of the first failure: {outcome.first_failure} (--debug prints it)"


def test_debug_prints_the_traceback(outcome, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["siebench", "run", "--debug"])
    with pytest.raises(typer.Exit):
        finish(outcome)
    told = capsys.readouterr().err
    assert "Traceback (most recent call last):" in told
    assert "EditFailed: this one is not for me" in told


def test_an_object_that_does_not_tell_what_it_holds_is_asked_for_its_identity(
    outcome, capsys
) -> None:
    with pytest.raises(typer.Exit):
        finish(outcome)
    said = " ".join(capsys.readouterr().out.split())  # it is broken into lines
    line = said[said.index("note: ") :]
    assert line.startswith("note: choosy is an object that does not tell what it holds")
    assert "declare its `identity`" in line


def test_scores_stay_where_the_runs_folder_is_moved(outcome) -> None:
    elsewhere = outcome.folder.with_name("moved")
    outcome.folder.rename(elsewhere)
    try:
        assert set(outcome.scores["method"]) >= {"copy"}
        assert len(outcome.costs)
    finally:
        elsewhere.rename(outcome.folder)

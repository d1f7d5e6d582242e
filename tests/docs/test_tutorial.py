"""The tutorial, from nothing to a gate, as a reader follows it."""

import json

import pytest

from tests.docs.pages import follow


@pytest.mark.slow
def test_the_tutorial_leads_from_nothing_to_a_gate_that_catches_a_spoilt_model(
    folder, monkeypatch, capsys
):
    follow("tutorial.md", monkeypatch)
    said = capsys.readouterr().out
    assert "conforms" in said
    assert (folder / "runs/first/report/index.html").is_file()
    baseline = json.loads((folder / "baseline.json").read_text())
    assert "ours" in json.dumps(baseline)

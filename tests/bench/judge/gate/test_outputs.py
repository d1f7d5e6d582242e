"""Real runs through the command line: exit codes, and what each output says."""

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from bench.cli.app import app
from bench.core.errors import BadInput


def siebench(*arguments: object):
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def baseline(runs, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("baseline") / "baseline.json"
    assert siebench("baseline", "save", runs[0], "--out", path).exit_code == 0
    return path


def test_an_identical_run_passes_and_a_degraded_one_fails(runs, baseline) -> None:
    honest, degraded = runs
    assert siebench("gate", honest, "--baseline", baseline).exit_code == 0
    result = siebench("gate", degraded, "--baseline", baseline)
    assert result.exit_code == 1
    assert "could" in result.output.splitlines()[1]
    assert siebench("gate", degraded, "--baseline", honest).exit_code == 1


def test_a_baseline_is_small_and_holds_no_picture(runs, baseline) -> None:
    assert baseline.stat().st_size < 10_000
    assert str(runs[0]) not in baseline.read_text()


def test_undecided_has_an_exit_code_of_its_own(runs, baseline, tmp_path) -> None:
    policy = tmp_path / "policy.yaml"
    # The loss is about 5.6 dB: a margin of just that is neither kept nor exceeded for sure.
    first = siebench("gate", runs[1], "--baseline", baseline, "--json", tmp_path / "g.json")
    assert first.exit_code == 1
    checks = json.loads((tmp_path / "g.json").read_text())["checks"]
    psnr = next(check for check in checks if check["metric"] == "psnr")
    policy.write_text(
        f"margins: {{psnr: {-psnr['difference']}, psnr-hole: 9, l1: 99, l1-hole: 99}}\n"
    )
    result = siebench("gate", runs[1], "--baseline", baseline, "--policy", policy)
    assert result.exit_code == 3
    assert "undecided" in result.output


def test_junit_counts_failures(runs, baseline, tmp_path) -> None:
    siebench("gate", runs[1], "--baseline", baseline, "--junit", tmp_path / "gate.xml")
    suite = ET.parse(tmp_path / "gate.xml").getroot().find("testsuite")
    assert suite.get("tests") == suite.get("failures") == "4"
    assert suite.get("errors") == "0"
    failure = suite.find("testcase/failure")
    assert "psnr" in failure.get("message")


def test_the_summary_shows_the_edits_that_changed_most(runs, tmp_path) -> None:
    siebench("gate", runs[1], "--baseline", runs[0], "--markdown", tmp_path / "gate.md")
    text = (tmp_path / "gate.md").read_text()
    assert text.startswith("## siebench gate: worse")
    crops = sorted((tmp_path / "crops").glob("*.png"))
    assert crops
    assert all(f"crops/{crop.name}" in text for crop in crops)
    assert "![original, before, after]" in text
    with Image.open(crops[0]) as picture:
        assert picture.height == 160
        assert np.asarray(picture).std() > 0


def test_against_a_file_there_is_no_picture_before(runs, baseline, tmp_path) -> None:
    siebench("gate", runs[1], "--baseline", baseline, "--markdown", tmp_path / "gate.md")
    assert "![original, after]" in (tmp_path / "gate.md").read_text()


def test_annotations_are_github_commands(runs, baseline) -> None:
    said = siebench("gate", runs[1], "--baseline", baseline, "--annotations").output.splitlines()
    assert sum(line.startswith("::error title=siebench gate%3A worse::") for line in said) == 4


@pytest.fixture(scope="module")
def unsteady(runs, tmp_path_factory) -> Path:
    """The honest run, whose method is known not to repeat itself."""
    made = shutil.copytree(runs[0], tmp_path_factory.mktemp("unsteady") / "run")
    record = json.loads((made / "run.json").read_text())
    notice = {"kind": "bad", "task": record["tasks"][0]["name"], "what": "method", "name": "ours"}
    record["notices"] = [{**notice, "text": "ours gives another image"}]
    (made / "run.json").write_text(json.dumps(record))
    return made


def test_what_makes_a_run_suspect_stands_in_every_output(unsteady, baseline, tmp_path) -> None:
    outs = {"--junit": "g.xml", "--markdown": "g.md", "--json": "g.json"}
    written = [part for flag, name in outs.items() for part in (flag, tmp_path / name)]
    result = siebench("gate", unsteady, "--baseline", baseline, "--annotations", *written)
    assert result.exit_code == 0
    sentence = "suspect: ours gives another image"
    assert any(line.startswith(sentence) for line in result.output.splitlines())
    assert "::notice title=siebench gate::all 4 checks passed" in result.output
    assert "::warning title=siebench gate%3A suspect::ours gives another image" in result.output
    assert f"- {sentence}" in (tmp_path / "g.md").read_text()
    suite = ET.parse(tmp_path / "g.xml").getroot().find("testsuite")
    assert suite.findtext("system-out").startswith(sentence)
    assert json.loads((tmp_path / "g.json").read_text())["notes"][0]["kind"] == "suspect"


def test_a_baseline_of_a_suspect_run_is_saved_with_a_word(unsteady, tmp_path) -> None:
    result = siebench("baseline", "save", unsteady, "--out", tmp_path / "b.json")
    assert result.exit_code == 0
    assert result.output.startswith("suspect: ours gives another image")


def test_a_refused_gate_says_why_in_every_output(runs, baseline, tmp_path) -> None:
    outs = {"--junit": tmp_path / "g.xml", "--markdown": tmp_path / "g.md"}
    outs |= {"--json": tmp_path / "g.json"}
    written = [part for pair in outs.items() for part in pair]
    assert siebench("gate", runs[0], "--baseline", baseline, *written).exit_code == 0
    damaged = tmp_path / "damaged.json"
    damaged.write_text("[]")
    result = siebench("gate", runs[0], "--baseline", damaged, "--annotations", *written)
    assert isinstance(result.exception, BadInput)
    assert result.output.startswith("::error title=siebench gate%3A no verdict::")
    suite = ET.parse(outs["--junit"]).getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")
    assert "damaged.json: is no baseline" in suite.find("testcase/error").get("message")
    text = outs["--markdown"].read_text()
    assert text.startswith("## siebench gate: no verdict\n\n")
    assert "is no baseline" in text
    record = json.loads(outs["--json"].read_text())
    assert (record["verdict"], record["exit_code"]) == ("no verdict", 2)
    again = siebench("gate", runs[0], "--baseline", baseline, *written)
    assert again.exit_code == 0
    assert outs["--markdown"].read_text().startswith("## siebench gate: passed")


def test_a_gate_of_no_run_makes_no_folder(baseline, tmp_path) -> None:
    run = tmp_path / "run"
    result = siebench("gate", run, "--baseline", baseline, "--junit", run / "gate" / "gate.xml")
    assert isinstance(result.exception, BadInput)
    assert not run.exists()


def test_compare_says_what_changed(runs, tmp_path) -> None:
    result = siebench(
        "compare", *runs, "--markdown", tmp_path / "c.md", "--json", tmp_path / "c.json"
    )
    assert result.exit_code == 0
    assert json.loads((tmp_path / "c.json").read_text())["changes"][0]["verdict"] == "worse"
    assert "| worse |" in (tmp_path / "c.md").read_text()


def test_a_damaged_table_is_a_sentence(runs, baseline, tmp_path) -> None:
    broken = shutil.copytree(runs[0], tmp_path / "broken")
    table = next((broken / "samples").rglob("*.parquet"))
    table.write_bytes(table.read_bytes()[:100])
    result = siebench("gate", broken, "--baseline", baseline)
    assert isinstance(result.exception, BadInput)
    assert table.name in str(result.exception)


def test_an_unfinished_run_is_a_sentence(runs, baseline, tmp_path) -> None:
    begun = shutil.copytree(runs[0], tmp_path / "begun")
    record = json.loads((begun / "run.json").read_text())
    (begun / "run.json").write_text(json.dumps({**record, "state": "running"}))
    result = siebench("gate", begun, "--baseline", baseline)
    assert isinstance(result.exception, BadInput)
    assert "not finished" in str(result.exception)


def test_compare_wants_two_runs_or_two_methods(runs) -> None:
    result = siebench("compare", runs[0], "--allow", "seed")
    assert "second run" in str(result.exception)

"""`siebench run` with others: its parts, its executors, and what is refused in a sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from bench.run import plan
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(plan, "SHARD", 2)
    text = suite_text(
        write_data(tmp_path / "rooms"),
        tasks="[{dataset: rooms, protocol: freeform@1}]",
        methods="[copy]",
        metrics="[l1]",
    )
    (tmp_path / "made.yaml").write_text(text)
    return tmp_path / "made.yaml"


def test_a_part_says_that_others_are_not_done_and_the_last_one_tells_the_scores(
    suite: Path, tmp_path: Path, call
) -> None:
    run = ("run", suite, "--out", tmp_path / "run", "--device", "cpu")
    code, out, _ = call(*run, "--part", "1/2")
    assert code == 0
    assert "this part is done, and others are not; who comes last makes the tables" in out
    code, out, _ = call(*run, "--claim")
    assert code == 0
    assert out.splitlines()[0] == "5 edits, 0 impossible, 0 failed"
    code, out, _ = call(*run, "--part", "2/2")
    assert (code, out) == (
        0,
        f"{tmp_path / 'run'}: done, with tables; `siebench report {tmp_path / 'run'}` writes the report\n",
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--part", "1/2", "--claim"), "--claim takes any; give one of them"),
        (("--part", "1/2", "--no-wait"), "--no-wait takes any; give one of them"),
        (("--claim", "--fresh", "all"), "give them without --part, --claim and --no-wait"),
        (("--part", "1/2", "--retry-failed"), "give them without --part, --claim"),
        (("--no-wait",), "executor 'local' works until the run is done.*--no-wait is for slurm"),
        (("--part", "3/2"), "write K/N with K from 1 to N"),
        (("--executor", "proceses"), "did you mean 'processes'"),
        (("--executor", "local", "--device", "cpu:2"), "is for several workers"),
        (("--device", "cpu:2,cpu"), "cpu is named twice"),
        (("--device", "cpu:2,cuda:0"), "one run has one kind of device"),
        (("--device", "cuda:0,cuda:0"), "cuda:0 is named twice|'cuda:0' is not here"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    suite: Path, tmp_path: Path, call, options: tuple[str, ...], says: str
) -> None:
    code, _, said = call("run", suite, "--out", tmp_path / "run", *options)
    assert code == 2
    assert re.search(says, said)
    assert len(said.strip().splitlines()) == 1


def test_an_early_verdict_is_told_where_edits_of_another_method_failed(
    suite: Path, tmp_path: Path, call
) -> None:
    text = suite.read_text().replace("[copy]", "[mean-colour]")
    suite.write_text(text)
    assert call("run", suite, "--out", tmp_path / "before", "--device", "cpu")[0] == 0
    (tmp_path / "other").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "other" / "scene0.png")  # too small; no other is there
    other = "{name: other, editor: folder, options: {path: other}}"
    suite.write_text(text.replace("[mean-colour]", f"[mean-colour, {other}]"))
    code, out, _ = call(
        "run", suite, "--out", tmp_path / "run", "--device", "cpu",
        "--baseline", tmp_path / "before", "--until-decided",
    )  # fmt: skip
    assert code == 1
    assert "5 failed" in out
    assert out.splitlines()[-1] == "undecided: per-edit scores, at 5 % error"


@pytest.mark.parametrize(
    ("executor", "says"),
    [
        ("{ray: {}, local: {}}", "give one executor's name, or its settings too"),
        ("lokal", "executor: unknown executor 'lokal'; did you mean 'local'"),
        ("{processes: {num_gpus: 1}}", "takes no options, but 'num_gpus' is given"),
    ],
)
def test_an_executor_of_the_suite_is_looked_up_with_its_line(
    suite: Path, tmp_path: Path, call, executor: str, says: str
) -> None:
    text = suite.read_text() + f"executor: {executor}\n"
    suite.write_text(text)
    code, _, said = call("run", suite, "--out", tmp_path / "run")
    assert code == 2
    assert f"line {len(text.splitlines())}" in said
    assert says in said


def test_who_carries_a_suite_out_is_no_part_of_it(suite: Path) -> None:
    text = suite.read_text()
    plain, named = (parse_suite(text + more, "made") for more in ("", "executor: processes\n"))
    assert named.executor == "processes"
    assert named.model_dump(mode="json") == plain.model_dump(mode="json")
    assert "executor" not in json.dumps(named.model_dump(mode="json"))

"""`siebench study`, as a person gives it."""

import json

import pytest

from bench.study.manifest import read_key, read_manifest
from tests.bench.study.conftest import answered, written
from tests.reports.made_run import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("cli"), edits=8, methods=3, tasks=1, size=32)


def test_a_study_is_made_answered_and_read(call, run, tmp_path):
    folder = tmp_path / "study"
    code, out, _ = call(
        "study", "make", run, "--methods", "diffusion,nearest", "--question", "real", "--pairs", 6,
        "--per-rater", 6, "--raters", 3, "--controls", 5, "--ties", "--out", folder,
    )  # fmt: skip
    assert code == 0
    assert f"keep:  {tmp_path / 'study.key.json'}" in out
    manifest = read_manifest(folder)
    key = read_key(tmp_path / "study.key.json", manifest)
    for number in range(6):
        written(
            tmp_path / "answers", answered(manifest, key, number, order=("diffusion", "nearest"))
        )
    files = [tmp_path / f"found.{ending}" for ending in ("json", "md", "tex")]
    code, out, _ = call(
        "study", "read", folder, *sorted((tmp_path / "answers").iterdir()), "--json", files[0],
        "--markdown", files[1], "--latex", files[2],
    )  # fmt: skip
    assert code == 0
    assert "36 answers of 6 raters" in out
    assert json.loads(files[0].read_text())["everyone"]["raters"] == 6
    assert "## What people said" in files[1].read_text()
    assert (
        call("study", "read", folder, tmp_path / "answers", "--json", files[0])[0] == 0
    )  # its own file
    files[0].write_text("something else")
    code, _, said = call("study", "read", folder, tmp_path / "answers", "--json", files[0])
    assert (code, "--force" in said) == (2, True)


def test_what_is_wrong_is_one_sentence(call, run, tmp_path):
    code, _, said = call("study", "make", run, "--methods", "diffusion", "--out", tmp_path / "s")
    assert (code, said.count("\n")) == (2, 1)
    assert call("study", "read", tmp_path, tmp_path)[0] == 2
    assert call("study", "serve", tmp_path)[0] == 2


def test_printed_counts_get_their_intervals(call):
    code, out, _ = call("study", "count", "SPMPGAN=1479", "SESAME=493", "HIM=128")
    assert code == 0
    assert out.splitlines()[0] == "SPMPGAN    1479 of 2100   70.4 %  [68.4, 72.3]"

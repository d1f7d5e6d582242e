"""What nobody foresaw leaves a command as one sentence with a file, and exit code 70."""

import errno
import io
import sys
from pathlib import Path

import pytest

from bench.plugins.kinds import EDITORS
from bench.suite import schema


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def fail() -> list[str]:
        raise RuntimeError("the moon is in the wrong place")

    monkeypatch.setattr(schema, "suite_names", fail)


def test_a_fault_is_one_sentence_that_names_the_file_with_its_traceback(call, broken) -> None:
    code, out, err = call("suites", "list")
    assert (code, out) == (70, "")
    assert err.count("\n") == 1
    assert "unexpected fault (RuntimeError: the moon is in the wrong place)" in err
    text = Path(err.strip().rpartition(" ")[2]).read_text(encoding="utf-8")
    assert text.startswith("Traceback")
    assert "the moon is in the wrong place" in text


def test_a_fault_that_says_nothing_is_told_by_its_name(call, broken, monkeypatch) -> None:
    def fail() -> list[str]:
        raise AssertionError

    monkeypatch.setattr(schema, "suite_names", fail)
    assert "unexpected fault (AssertionError); this is" in call("suites", "list")[2]


def test_debug_prints_the_traceback_too(call, broken) -> None:
    code, _, err = call("--debug", "suites", "list")
    assert code == 70
    assert "Traceback (most recent call last)" in err


def test_stopped_by_hand_is_130(call, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "suite_names", stop)
    assert call("suites", "list")[0] == 130


def test_output_that_nobody_reads_is_no_verdict(call, monkeypatch) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(sys, "stdout", Gone())
    assert call("weights", "list")[0] == 141


class Broken:
    """An editor whose constructor raises."""

    def __init__(self) -> None:
        raise OSError("the weights are gone")


def test_a_plugin_that_raises_is_bad_input_with_its_traceback_in_a_file(
    call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "suite.yaml").write_text(
        "name: s\ndatasets: {rooms: {dataset: procedural-rooms, size: 32, limit: 1}}\n"
        "tasks: [{dataset: rooms, protocol: freeform@1}]\nmethods: [broken]\nmetrics: [l1]\n"
    )
    with EDITORS.offering({"broken": Broken}):
        code, _, err = call("run", tmp_path / "suite.yaml", "--out", tmp_path / "run")
    assert code == 2
    assert err.count("\n") == 1
    assert "editor 'broken': its constructor raised OSError: the weights are gone" in err
    text = Path(err.strip().rpartition(" ")[2].rstrip(")")).read_text(encoding="utf-8")
    assert 'raise OSError("the weights are gone")' in text


@pytest.mark.parametrize(
    "command",
    [
        ("suites", "check", "x" * 300 + ".yaml"),
        ("run", "x" * 5000),
        ("report", "x" * 300),
        ("verify", "x" * 5000),
        ("gate", "x" * 300, "--baseline", "y"),
        ("masks", "verify", "x" * 300),
        ("masks", "pairs", "x" * 300, "--data", "procedural-rooms="),
        ("models", "import", "spade", "x" * 300, "--out", "w.safetensors"),
        ("datasets", "prepare", "ade20k", "--from", "x" * 300, "--out", "p"),
        ("suites", "check", "loop/suite.yaml"),
        ("report", "file/run"),
        ("plugins", "check", "editors", "x" * 5000),
    ],
)
def test_a_path_that_can_be_none_is_one_short_sentence(
    call, tmp_path, monkeypatch, command
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    code, out, err = call(*command)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert len(err) < 1100


def test_a_sentence_moves_no_cursor(call, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = call("suites", "check", "evil\x1b[2J\n\u202e.yaml")
    assert (code, err.count("\n")) == (2, 1)
    assert r"evil\x1b[2J\n\u202e.yaml: there is no such file" in err

"""What nobody foresaw leaves a command as one sentence with a file, and exit code 70."""

from pathlib import Path

import pytest

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


def test_debug_prints_the_traceback_too(call, broken) -> None:
    code, _, err = call("--debug", "suites", "list")
    assert code == 70
    assert "Traceback (most recent call last)" in err


def test_stopped_by_hand_is_130(call, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "suite_names", stop)
    assert call("suites", "list")[0] == 130

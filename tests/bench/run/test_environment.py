"""What a run stood on: the user's repository, the harness, the machine."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from bench import __version__
from bench.run.environment import commit, hardware, versions
from bench.run.schema import Git, Header
from bench.run.suite_run import _home


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one committed suite in a folder."""
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "mine.yaml").write_text("name: mine\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "a suite")
    return tmp_path


def test_the_commit_is_that_of_the_repository_around_a_folder(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    assert commit(repository / "suites") == {"commit": head, "dirty": False}


def test_changed_files_make_it_dirty_and_a_runs_own_do_not(repository: Path) -> None:
    (repository / "run.json").write_text("{}")
    assert commit(repository) == {"commit": git(repository, "rev-parse", "HEAD"), "dirty": False}
    (repository / "suites" / "mine.yaml").write_text("name: other\n")
    found = commit(repository)
    assert found is not None
    assert found["dirty"] is True


def test_a_folder_outside_any_repository_has_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "plain").mkdir()
    assert commit(tmp_path / "plain") is None


def test_a_suites_file_says_whose_repository_it_is_and_a_shipped_one_the_working_folders(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _home(repository / "suites" / "mine.yaml") == (repository / "suites").resolve()
    assert _home("demo") == Path.cwd()


def test_what_format_1_called_git_was_the_harness() -> None:
    former = {"commit": "ab" * 20, "dirty": True}
    header = Header.model_validate({"format": 1, "name": "a", "title": "a", "git": former})
    assert header.git is None
    assert header.harness == Git(commit="ab" * 20, dirty=True)


def test_versions_and_hardware_name_this_machine() -> None:
    assert versions()["siebench"] == __version__
    assert versions()["python"] == platform.python_version()
    found = hardware("cpu")
    assert found["device"] == "cpu"
    assert found["cores"] >= 1

"""`siebench train`: trainers are plugins; the command says in one sentence what is wrong."""

import importlib.metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.core.errors import BadInput
from bench.plugins import trainers

CALLS = []


def remembered(config, out, *, device="cpu", steps=None, resume=False, watch=None):
    """A trainer that only remembers what it was asked."""
    CALLS.append((config, out, device, steps, resume))
    watch(1, 2, {"loss": 1.0})
    return out / "weights.safetensors"


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    point = importlib.metadata.EntryPoint("spade", f"{__name__}:remembered", trainers.GROUP)
    monkeypatch.setattr(trainers, "entry_points", lambda group: [point])
    monkeypatch.setattr(importlib.metadata.EntryPoint, "load", lambda self: remembered)
    CALLS.clear()


def test_a_file_is_trained_by_the_trainer_of_its_system(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("system: spade\n")
    arguments = ["train", str(path), "--out", str(tmp_path), "--steps", "7", "--resume"]
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 0, outcome.output
    assert [(str(path), tmp_path, "cpu", 7, True)] == CALLS
    assert f"weights: {tmp_path / 'weights.safetensors'}" in outcome.output.replace("\n", "")


def test_a_shipped_configuration_is_named_after_its_system(tmp_path):
    CliRunner().invoke(app, ["train", "small-spade", "--device", "cuda"])
    assert [("small-spade", Path("runs/train-small-spade"), "cuda", None, False)] == CALLS


def test_a_system_without_a_trainer_is_answered_with_the_nearest():
    with pytest.raises(BadInput, match="did you mean 'spade'"):
        trainers.find_trainer("spad")


@pytest.mark.parametrize(
    ("text", "sentence"), [("[1, 2", "not a YAML file"), ("batch: 3\n", "names no system")]
)
def test_a_file_that_names_no_system_is_refused(tmp_path, text, sentence):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=sentence):
        trainers.system_of(str(path))


def test_a_missing_file_is_named():
    with pytest.raises(BadInput, match=r"absent\.yaml: no such file"):
        trainers.system_of("absent.yaml")

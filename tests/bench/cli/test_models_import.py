"""`sebench models import`: an official checkpoint becomes a weights file, or a sentence."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

import pytest
import torch

import bench.importers
from baselines.checkpoints import read_card
from baselines.sesame import SESAMEConfig, SESAMEGenerator
from bench.cli import main


@pytest.fixture
def call(monkeypatch, capsys):
    target = "baselines.checkpoints:import_checkpoint"
    points = [EntryPoint("sesame", target, bench.importers.GROUP)]
    monkeypatch.setattr(bench.importers, "entry_points", lambda group: points)

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["sebench", "models", "import", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return called


@pytest.fixture
def official(tmp_path):
    path = tmp_path / "latest_net_G.pth"
    network = SESAMEGenerator(SESAMEConfig(classes=3, ngf=2, hidden=4))
    torch.save(network.state_dict(), path)
    return path


def test_the_card_is_shown_and_written(call, official, tmp_path):
    out = tmp_path / "sesame.safetensors"
    fields = ["--variant", "labels", "--field", "ngf=2", "--field", "hidden=4"]
    code, said, _ = call("sesame", official, "--out", out, *fields, "--label-space", "rooms-3")
    assert code == 0
    assert "sesame, labels" in said
    assert "licence" in said
    assert read_card(out).label_space == "rooms-3"


def test_what_differs_is_one_sentence_and_exit_code_2(call, official, tmp_path):
    code, _, said = call("sesame", official, "--out", tmp_path / "o.safetensors")
    assert code == 2
    assert "not the weights of sesame" in " ".join(said.split())
    assert not (tmp_path / "o.safetensors").exists()


def test_an_unknown_system_gets_the_nearest_name(call, official, tmp_path):
    code, _, said = call("sesam", official, "--out", tmp_path / "o.safetensors")
    assert code == 2
    assert "did you mean 'sesame'" in said


def test_a_field_without_a_value_is_named(call, official, tmp_path):
    code, _, said = call("sesame", official, "--out", tmp_path / "o", "--field", "ngf")
    assert code == 2
    assert "--field ngf: expected NAME=VALUE" in said

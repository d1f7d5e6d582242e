"""`siebench zoo` as a person calls it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from baselines.training.zoo import side_by_side
from baselines.training.zoo.plan import chosen_jobs
from baselines.training.zoo.side_by_side import train_zoo
from baselines.training.zoo.training import Point, ZooFolder
from bench.cli import main

ROOT = Path(__file__).parents[4]


@pytest.fixture
def call(monkeypatch, capsys):
    """`call("train", ...)` gives exit code, standard output and standard error."""

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["siebench", "zoo", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return called


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--models", "spad-procedural"], "did you mean 'spade-procedural'"),
        (["--seeds", "one"], "--seeds 'one': write whole numbers from 0 on with commas, as 0,1,2"),
        (["--seeds", "-1"], "--seeds '-1': write whole numbers from 0 on"),
        (["--minutes", "0"], "--minutes 0: must be more than 0"),
        (["--device", "cuda:0,1"], "device 'cuda:0,1' is for several workers"),
        (["--set", "batch"], "--set 'batch' is not of the form NAME=VALUE"),
        (["--set", "bach=4"], ": bach: "),
        (["--device", "tpu9"], "'tpu9' is not a device"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(call, tmp_path, arguments, sentence):
    code, _, err = call("train", "--out", tmp_path / "zoo", *arguments)
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1
    assert not (tmp_path / "zoo").exists()


def test_who_starts_trainings_on_a_gpu_leaves_it_to_them(monkeypatch, tmp_path):
    def ones(*size, device):
        raise AssertionError(f"{device} is used")

    told = []
    monkeypatch.setattr(torch, "ones", ones)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(side_by_side._Work, "run", lambda work, stop: [])
    train_zoo(tmp_path, device="cuda", models=["spade-procedural"], tell=told.append)
    assert "1 training on cuda" in told[0]


@pytest.mark.parametrize(
    ("code", "state", "why"),
    [
        (0, "interrupted", "22% of it is done; the same command goes on with it"),
        (1, "failed", "checkpoint.safetensors: is a checkpoint of another configuration"),
    ],
)
def test_a_training_that_fails_on_its_way_on_is_told_from_one_that_time_interrupted(
    tmp_path, code, state, why
):
    (job,) = chosen_jobs(["spmpgan-full-procedural"], [0], None)
    place = ZooFolder(tmp_path)
    for file, text in (
        (place.weights(job.name), ""),
        (place.card(job.name), '{"steps": 44}'),
        (place.losses(job.name), json.dumps(asdict(Point(44, 9.0, 0.22, 88, {})))),
        (place.log(job.name), f"drawn\n{why}\n"),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    work = side_by_side._Work(place, "cpu", [job], 1, 0.0, 60.0, print)
    work._codes[job] = code
    found = work._outcome(job)
    assert (found.state, found.why) == (state, why)


def test_packing_what_is_not_there_is_refused(call, tmp_path):
    code, _, err = call("pack", "--out", tmp_path / "none", "--to", tmp_path)
    assert code == 2
    assert "none: no such folder; give the one that `siebench zoo train` wrote to" in err


@pytest.mark.slow
def test_a_rehearsal_that_is_ended_by_sigterm_writes_everything_and_goes_on(tmp_path):
    """The whole machinery on a CPU: drawing, two processes, a signal, archives, and a second call."""
    words = ["-m", "siebench", "zoo", "train", "--out", "zoo", "--device", "cpu", "--minutes", "9"]
    words += [
        "--models",
        "spmpgan-s-procedural",
        "--seeds",
        "0,1",
        "--set",
        "data.count=16",
        "--pack",
        "packed",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, *words], cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    begun = set()
    for line in process.stdout:
        if " steps, " in line:
            begun.add(line.split(":")[0])
        if len(begun) == 2:
            process.send_signal(signal.SIGTERM)
            break
    said = process.stdout.read()
    assert process.wait() == 130
    names = ["spmpgan-s-procedural", "spmpgan-s-procedural-seed1"]
    assert begun == set(names)
    cards = [json.loads((tmp_path / "zoo" / f"{name}.json").read_text()) for name in names]
    assert all(card["steps"] >= 1 and 0 < card["share"] < 0.5 for card in cards)
    assert all((tmp_path / "zoo" / f"{name}.safetensors").is_file() for name in names)
    assert said.count("  interrupted  ") == 2
    assert "zoo-1.tar" in said
    assert (tmp_path / "packed" / "zoo-1.tar").is_file()
    summary = json.loads((tmp_path / "zoo" / "summary.json").read_text())
    assert [(one["name"], one["state"]) for one in summary] == [
        (name, "interrupted") for name in names
    ]

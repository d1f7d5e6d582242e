"""`siebench train`: Ctrl-C and kills lose no more than the steps since the last checkpoint."""

import re
import shlex
import signal

import pytest
import yaml

from baselines.training import loop
from tests.baselines.training.tiny import tiny


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "my run.yaml"
    path.write_text(yaml.safe_dump(tiny("spmpgan", steps=4).model_dump(mode="json")))
    return path


def test_ctrl_c_saves_and_names_the_command_that_goes_on(call, config, tmp_path, monkeypatch):
    made = loop.Log.losses

    def pressed(self, values, step):
        made(self, values, step)
        if step == 1:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(loop.Log, "losses", pressed)
    code, _, err = call("train", config, "--out", tmp_path / "run", "--device", "cpu")
    monkeypatch.undo()
    assert code == 130
    assert "stopped after step 2 of 4, which is saved" in err
    command = shlex.split(re.search("`(.*)` goes on from here", err).group(1))
    assert command[0] == "siebench"
    code, said, _ = call(*command[1:])
    assert code == 0
    assert f"weights: {tmp_path / 'run' / 'weights.safetensors'}" in said

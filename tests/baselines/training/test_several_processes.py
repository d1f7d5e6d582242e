"""Two processes train as one does with the joint batch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from baselines.training.data import Examples, Scenes
from baselines.training.trainer import make_recipe
from tests.baselines.training.tiny import tiny


def losses(
    system: str, processes: int, batch: int, folder: Path
) -> tuple[list[dict[str, float]], str]:
    """The losses of every step, and what was said."""
    folder.mkdir()
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.baselines.training.several_processes",
            *(system, str(processes), str(batch), str(folder)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads((folder / "losses.json").read_text()), ended.stderr


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one_with_the_joint_batch(tmp_path: Path) -> None:
    one, _ = losses("pix2pixhd", 1, 4, tmp_path / "one")
    two, said = losses("pix2pixhd", 2, 2, tmp_path / "two")
    assert len(one) == len(two) == 3
    for joint, apart in zip(one, two):
        assert apart == pytest.approx(joint, rel=1e-4)
    assert "batch norm" not in said


@pytest.mark.parametrize(("system", "told"), [("spade", True), ("pix2pixhd", False)])
def test_batch_norm_in_several_processes_is_said_to_see_each_process_alone(
    system: str, told: bool, recwarn: pytest.WarningsRecorder
) -> None:
    config = tiny(system)
    recipe = make_recipe(
        config, [Examples(config.data, 0, Scenes(config.data, config.data.dataset))]
    )
    two = SimpleNamespace(
        world_size=2,
        device=torch.device("cpu"),
        is_global_zero=True,
        setup=lambda module, optimiser: (module, optimiser),
    )
    recipe.setup(two, 1)
    said = [str(one.message) for one in recwarn if "batch norm" in str(one.message)]
    assert bool(said) == told
    assert not told or "the statistics of each process alone" in said[0]

"""siebench's own quality gate: the demo against its baseline in git, and a spoilt network is caught.

After a change that is meant to move the demo's numbers the baseline is made anew:

    siebench demo --out runs/demo && siebench baseline save runs/demo --out tests/golden/demo-baseline.json

with SIEBENCH_WEIGHTS unset, so that only what comes with siebench is judged.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from baselines.checkpoints import load_network, save_network
from baselines.checkpoints.loading import ZOO
from bench.cli.app import app
from bench.run.suite_run import run_suite
from bench.suite.schema import Suite

pytestmark = pytest.mark.slow

BASELINE = Path(__file__).parent / "golden" / "demo-baseline.json"
NETWORK = "spmpgan-full-procedural.safetensors"
PASSED, WORSE = 0, 1


def gate(run: Path, baseline: Path) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["gate", str(run), "--baseline", str(baseline)])
    return told.exit_code, told.output


def test_the_demo_is_as_good_as_its_baseline(tmp_path: Path) -> None:
    outcome = run_suite("demo", out=tmp_path / "run", device="cpu", workers=1)
    assert outcome.failed == 0
    assert not [line for line in outcome.missing if line.startswith("method")]
    code, told = gate(tmp_path / "run", BASELINE)
    assert code == PASSED, told


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the network as it is."""
    root = tmp_path_factory.mktemp("before")
    return edited_by(ZOO / NETWORK, root)


def edited_by(weights: Path, root: Path) -> Path:
    suite = Suite.model_validate(
        {
            "name": "guarded",
            "datasets": {
                "rooms": {
                    "dataset": "procedural-rooms",
                    "size": 64,
                    "fit": "resize",
                    "limit": 48,
                    "segmenter": "procedural:procedural-rooms",
                }
            },
            "tasks": [{"dataset": "rooms", "protocol": "freeform@1"}],
            "methods": [
                {"name": "ours", "editor": "spmpgan", "options": {"weights": str(weights)}}
            ],
            "metrics": ["psnr", "perceptual-procedural", "fd-procedural"],
        }
    )
    run_suite(suite, out=root / "run", device="cpu", workers=1)
    return root / "run"


def test_an_identical_copy_passes(before: Path, tmp_path: Path) -> None:
    shutil.copy(ZOO / NETWORK, tmp_path / NETWORK)
    code, told = gate(edited_by(tmp_path / NETWORK, tmp_path), before)
    assert code == PASSED, told


def test_noise_of_half_the_weights_spread_is_caught(before: Path, tmp_path: Path) -> None:
    loaded = load_network("spmpgan", ZOO / NETWORK)
    draw = torch.Generator().manual_seed(0)
    for weight in loaded.network.parameters():
        weight += 0.5 * weight.std(correction=0) * torch.randn(weight.shape, generator=draw)
    save_network(
        loaded.network,
        loaded.network.config,
        tmp_path / NETWORK,
        system="spmpgan",
        variant="full",
        source="noise on the zoo's",
        licence="Apache-2.0",
        label_space=loaded.card.label_space,
    )
    code, told = gate(edited_by(tmp_path / NETWORK, tmp_path), before)
    assert code == WORSE, told

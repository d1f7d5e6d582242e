"""The zoo: small networks trained on the procedural scenes, one command for each.

    python -m baselines.training.zoo spmpgan-full-procedural --device cuda

Writes MODEL.safetensors (half precision) and MODEL.json (its card) into `baselines/zoo`; the run
with its checkpoint stands in `runs/zoo/MODEL`, and the same command goes on from it. Models of one
system share data, steps, seed and every field but the one their name says. `segmenter` goes first:
the perceptual losses of the others use its features. `all` passes over what is there already.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from baselines.checkpoints.loading import ZOO
from baselines.training.config import TrainingConfig, read_config
from baselines.training.data import Scenes, SharedScenes
from baselines.training.loop import Opener, Trained, train
from baselines.training.perceptual import perceptual_network
from bench import __version__
from bench.core.atomic import write_json
from bench.core.documents import read_json
from bench.core.errors import BadInput, unknown
from bench.core.identity import tensors_hash
from bench.core.text import now
from bench.networks.segmenters.unet import FILE as SEGMENTER

__all__ = ["MODELS", "Model", "main", "model_config", "train_model"]


@dataclass(frozen=True)
class Model:
    """A network of the zoo.

    Attributes:
        config: the shipped configuration.
        variant: of its system; the configuration's where None.
        network: fields of the network in place of the configuration's.
    """

    config: str
    variant: str | None = None
    network: Mapping[str, Any] = field(default_factory=dict)


MODELS: dict[str, Model] = {
    "segmenter": Model("segmenter"),
    "spmpgan-full-procedural": Model("small-spmpgan", "full"),
    "spmpgan-w-spade-procedural": Model("small-spmpgan", "w SPADE"),
    "spmpgan-w-norm-procedural": Model("small-spmpgan", "w norm"),
    "spmpgan-wo-prog-procedural": Model("small-spmpgan", "w/o prog"),
    # Half the widths of the preset, as the paper-sized S has half of the published ones.
    "spmpgan-s-procedural": Model("small-spmpgan", "S", {"ngf": 3, "ndf": 8, "hidden": 6}),
    # The smallest hidden width with more parameters than the preset's full model.
    "spmpgan-large-spade-procedural": Model("small-spmpgan", "large SPADE", {"hidden": 35}),
    "divsem-full-procedural": Model("small-divsem", "full"),
    "divsem-wo-style-procedural": Model("small-divsem", "w/o style"),
    "divsem-wo-valid-ratio-procedural": Model("small-divsem", "w/o valid ratio"),
    "divsem-single-scale-procedural": Model("small-divsem", "single scale"),
    "divsem-style-64-procedural": Model("small-divsem", "style 64"),
    "divsem-style-256-procedural": Model("small-divsem", "style 256"),
    "sesame-procedural": Model("small-sesame"),
    "spade-procedural": Model("small-spade"),
    "sean-procedural": Model("small-sean"),
    "ssae-procedural": Model("small-ssae"),
    "pix2pixhd-procedural": Model("small-pix2pixhd"),
    "him-procedural": Model("small-him"),
    "semanticstylegan-procedural": Model("small-semanticstylegan"),
    "siedob-procedural": Model("small-siedob"),
    # Fifteen encoders, or six, narrower than the one of the preset: a network of the zoo stays small.
    "sean-sean-level-procedural": Model("small-sean", "SEAN-level encoders", {"encoder_width": 3}),
    "sean-resblk-level-procedural": Model(
        "small-sean", "ResBlk-level encoders", {"encoder_width": 5}
    ),
    "sean-wo-downsampling-procedural": Model("small-sean", "w/o downsampling"),
    "sean-wo-noises-procedural": Model("small-sean", "w/o noises"),
    # Pix2PixHD's encoder is half as wide as SEAN's and gives three features, as published.
    "spade-plus-plus-procedural": Model(
        "small-sean", "SPADE++", {"encoder_width": 4, "style_length": 3}
    ),
}
"""Every model, in the order in which `nox -s zoo` trains them."""


def model_config(name: str, *, steps: int | None = None, seed: int = 0) -> TrainingConfig:
    """The configuration that a model is trained with.

    Raises:
        BadInput: for an unknown model.
    """
    if name not in MODELS:
        raise unknown("model of the zoo", name, MODELS)
    model = MODELS[name]
    shipped = read_config(model.config)
    changes: dict[str, Any] = {
        "variant": model.variant or shipped.variant,
        "network": {**shipped.network, **model.network},
        "seed": seed,
    }
    if steps is not None:
        changes["steps"] = steps
    return read_config(model.config, changes)


def train_model(
    name: str,
    *,
    steps: int | None = None,
    seed: int = 0,
    device: str = "auto",
    out: Path = ZOO,
    runs: Path = Path("runs/zoo"),
    scenes: Opener = Scenes,
) -> Path:
    """Trains a model of the zoo, or goes on with it; returns its weights file.

    Args:
        name: one of `MODELS`.
        steps: in place of the preset's.
        seed: of everything; other seeds than 0 get "-seedN" after the name.
        device: as for `train`.
        out: the zoo's folder; the segmenter goes where the harness looks for it.
        runs: where checkpoints stand.
        scenes: as for `train`.

    Raises:
        BadInput: see `baselines.training.loop.train`.
    """
    config = model_config(name, steps=steps, seed=seed)
    called = _called(name, seed)
    target = _target(name, seed, out)

    seen = _perceptual(config)  # before the training: hours later another file may lie there

    def watch(done: int, total: int, losses: dict[str, float]) -> None:
        if done % 100 == 0 or done == total:
            shown = ", ".join(f"{key} {value:.3f}" for key, value in losses.items())
            print(f"{called}: {done}/{total}: {shown}", flush=True)

    trained = train(
        config,
        runs / called,
        device=device,
        resume=True,
        half=True,
        weights=target,
        watch=watch,
        scenes=scenes,
    )
    write_json(target.with_suffix(".json"), _card(called, config, trained, seen))
    return target


def _is_there(name: str, *, steps: int | None, seed: int, out: Path = ZOO) -> bool:
    """Whether a model lies there with a card of the configuration that it would be trained with."""
    target = _target(name, seed, out)
    try:
        card = read_json(target.with_suffix(".json"))
    except BadInput:
        return False
    try:  # a field that came later has its default in an older card
        config = TrainingConfig.model_validate(card.get("config"))
    except ValidationError:
        return False
    return target.is_file() and config == model_config(name, steps=steps, seed=seed)


def _called(name: str, seed: int) -> str:
    return name if seed == 0 else f"{name}-seed{seed}"


def _target(name: str, seed: int, out: Path) -> Path:
    if name == "segmenter" and seed == 0 and out == ZOO:
        return Path(str(resources.files("bench.networks.segmenters") / SEGMENTER))
    return out / f"{_called(name, seed)}.safetensors"


def _card(
    name: str, config: TrainingConfig, trained: Trained, perceptual: dict[str, str] | None
) -> dict[str, Any]:
    """What a reader wants to know of a model; scores are filled in when it has been scored."""
    import torch

    return {
        "name": name,
        "config": config.model_dump(mode="json"),
        "steps": trained.steps,
        "examples": trained.steps * config.batch,
        "seed": config.seed,
        "data": [dict(record) for record in trained.data],
        "perceptual": perceptual,
        "tensors_sha256": trained.saved.tensors_sha256,
        "notes": dict(trained.saved.notes),
        "machine": {
            "device": trained.device,
            "accelerator": torch.cuda.get_device_name() if trained.device == "cuda" else None,
            "processor": platform.machine(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "sebench": __version__,
        },
        "trained": now(),
        "scores": {},
    }


def _perceptual(config: TrainingConfig) -> dict[str, str] | None:
    """The network of the perceptual loss, with the hash of its tensors."""
    if not config.weights.perceptual:
        return None
    state = perceptual_network(config.weights.through).state_dict()
    digest = tensors_hash((n.removeprefix("network."), value.numpy()) for n, value in state.items())
    return {"network": config.weights.through, "tensors_sha256": digest}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; bad input is one sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m baselines.training.zoo", description=__doc__)
    parser.add_argument("model", choices=[*MODELS, "all"], metavar="MODEL", help=", ".join(MODELS))
    parser.add_argument("--steps", type=int, default=None, help="in place of the preset's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:0,1")
    parser.add_argument("--out", type=Path, default=ZOO)
    parser.add_argument("--runs", type=Path, default=Path("runs/zoo"))
    given = parser.parse_args(arguments)
    scenes = SharedScenes()
    try:
        for name in MODELS if given.model == "all" else [given.model]:
            wanted = {"steps": given.steps, "seed": given.seed, "out": given.out}
            if given.model == "all" and _is_there(name, **wanted):
                print(f"{name}: is there")
                continue
            path = train_model(name, **wanted, device=given.device, runs=given.runs, scenes=scenes)
            print(path)
    except BadInput as error:
        sys.stderr.write(f"zoo: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

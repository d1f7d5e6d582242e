"""Who of the zoo is trained for how long: shares of the time, seeds, and lanes side by side.

The time of a card is shared out by weight. Trainings that are compared with each other follow the schedule
of their steps, not of the time, so that they have seen as many examples at the same rates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from baselines.training.config import TrainingConfig, changed_config
from baselines.training.zoo.models import MODELS, model_config
from bench.core.errors import BadInput, unknown

__all__ = ["PLAN", "SAVING", "Job", "Share", "chosen_jobs", "job_config", "lanes", "snapshot_steps"]

SAVING: Mapping[str, float] = {"divsem": 12.0, "sean": 12.0, "pix2pixhd": 12.0, "siedob": 15.0}
"""Seconds for writing the weights of systems that read styles of training scenes for it."""

_ENDLESS = 10_000_000
"""Steps that no training reaches."""

_NAMED: Mapping[str, str] = {
    "seed": "a training's name says its seed; give --seeds",
    "system": "a training's name says its system; give --models",
    "variant": "a training's name says its variant; give --models",
}
"""Fields that no change may touch, and what to do instead."""


@dataclass(frozen=True)
class Share:
    """A model's part of the time.

    Attributes:
        weight: of each of its trainings.
        seeds: a training each; scores over seeds say what a training's luck is.
        compared: it ends after the configuration's steps, as those do that it is compared with, and time
            that ends before interrupts it; otherwise its time alone ends it.
    """

    weight: float = 1.0
    seeds: tuple[int, ...] = (0,)
    compared: bool = False


_FLAGSHIP = Share(4.0)
_ABLATION = Share(1.0, seeds=(0, 1, 2), compared=True)
_ORIENTATION = Share(1.0, compared=True)

PLAN: dict[str, Share] = {
    "spmpgan-procedural": _FLAGSHIP,
    "sesame-procedural": _FLAGSHIP,
    "divsem-procedural": _FLAGSHIP,
    "sean-procedural": _FLAGSHIP,
    "spade-procedural": _FLAGSHIP,
    "ssae-procedural": _FLAGSHIP,
    "pix2pixhd-procedural": _FLAGSHIP,
    "him-procedural": _FLAGSHIP,
    "siedob-procedural": _FLAGSHIP,
    "semanticstylegan-procedural": _FLAGSHIP,
    "spmpgan-full-procedural": _ABLATION,
    "spmpgan-w-spade-procedural": _ABLATION,
    "spmpgan-wo-prog-procedural": _ABLATION,
    "divsem-full-procedural": _ABLATION,
    "divsem-wo-style-procedural": _ABLATION,
    "spmpgan-w-norm-procedural": _ABLATION,
    "spmpgan-s-procedural": _ABLATION,
    "divsem-wo-valid-ratio-procedural": _ABLATION,
    "divsem-single-scale-procedural": _ABLATION,
    "divsem-style-64-procedural": _ABLATION,
    "divsem-style-256-procedural": _ABLATION,
    "sesame-full-procedural": _ABLATION,
    "sesame-w-patchgan-procedural": _ABLATION,
    "sean-full-procedural": _ABLATION,
    "sean-wo-noises-procedural": _ABLATION,
    "spmpgan-large-spade-procedural": _ABLATION,
    "sean-wo-downsampling-procedural": _ORIENTATION,
    "sean-sean-level-procedural": _ORIENTATION,
    "sean-resblk-level-procedural": _ORIENTATION,
    "spade-plus-plus-procedural": _ORIENTATION,
}
"""The time's shares, the most visible first: where the time does not do for all, the last are left out.

The segmenter is not among them: training it again would move every distance that looks through it. It is
trained where it is named.
"""


@dataclass(frozen=True)
class Job:
    """One training of a model.

    Attributes:
        model, seed: which one.
        weight, compared: see `Share`.
        changes: fields in place of the configuration's, as `changed_config` takes them.
    """

    model: str
    seed: int
    weight: float
    compared: bool
    changes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """The model's name, with its seed where that is not 0."""
        return self.model if self.seed == 0 else f"{self.model}-seed{self.seed}"


def chosen_jobs(
    models: Sequence[str] = (),
    seeds: Sequence[int] = (),
    changes: Mapping[str, Any] | None = None,
) -> list[Job]:
    """The trainings of some models, in the order of the plan: every first seed, then the others.

    Args:
        models: all of the plan where empty.
        seeds: of every model; those of the plan where empty.
        changes: fields of every configuration, as `changed_config` takes them.

    Raises:
        BadInput: a model that is none, or is named twice; a change of what a training's name says.
    """
    for name in models:
        if name not in MODELS:
            raise unknown("model of the zoo", name, MODELS)
        if list(models).count(name) > 1:
            raise BadInput(f"--models: {name!r} is named twice")
    for name in changes or {}:
        if name in _NAMED:
            raise BadInput(f"--set {name}: {_NAMED[name]}")
    shares = {name: PLAN.get(name, Share()) for name in models or PLAN}
    jobs = [
        (turn, Job(name, seed, share.weight, share.compared, changes or {}))
        for name, share in shares.items()
        for turn, seed in enumerate(dict.fromkeys(seeds) or share.seeds)
    ]
    return [job for _, job in sorted(jobs, key=lambda pair: pair[0])]


def job_config(job: Job) -> tuple[TrainingConfig, int]:
    """The configuration of a training, and after how many steps it ends in any case.

    Raises:
        BadInput: see `model_config` and `changed_config`.
    """
    config = model_config(job.model, seed=job.seed)
    if job.changes:
        config = changed_config(config, job.changes, job.model)
    most = config.steps if job.compared and config.steps is not None else _ENDLESS
    return config, most


def snapshot_steps(job: Job, system: str, steps: int, seconds: float) -> tuple[int, ...]:
    """After which steps a training's weights are kept beside its last ones, for curves against examples.

    An eighth, a quarter and a half of its steps where it is compared; none where writing them would take
    more than a twentieth of its time.

    Args:
        job, system: which training.
        steps: after which it ends.
        seconds: that it has.
    """
    shares = (8, 4, 2)
    if not job.compared or len(shares) * SAVING.get(system, 0.0) > seconds / 20:
        return ()
    return tuple(sorted({steps // share for share in shares} - {0}))


def lanes(jobs: Iterable[Job], count: int) -> list[list[Job]]:
    """The jobs in lanes of about equal weight, each lane one after the other in the order of the plan.

    Heavy ones are dealt out first, each to the lane with the least so far.

    Args:
        jobs: in the order of the plan.
        count: lanes, at most.
    """
    numbered = list(enumerate(jobs))
    found: list[list[tuple[int, Job]]] = [[] for _ in range(min(count, len(numbered)))]
    loads = [0.0] * len(found)
    for place, job in sorted(numbered, key=lambda pair: (-pair[1].weight, pair[0])):
        lightest = loads.index(min(loads))
        found[lightest].append((place, job))
        loads[lightest] += job.weight
    return [[job for _, job in sorted(lane, key=lambda pair: pair[0])] for lane in found]

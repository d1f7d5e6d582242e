"""Whether a system keeps its contract."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.core.errors import BadInput, named_line
from bench.plugins.foreign import Raised
from bench.plugins.systems import PARTS, System

__all__ = ["check_system"]


def check_system(value: object) -> list[str]:
    """What breaks the contract of a system, one sentence each; empty where nothing does.

    Builds and runs the small network, hands the importer a file of nonsense, and reads the
    trainer's presets; nothing is trained.
    """
    if not isinstance(value, System):
        return [f"is a {type(value).__name__}, not a siebench.System"]
    found = _facts(value)
    if not value.variants:
        return found
    found += _configurations(value)
    if not found:
        found += _networks(value)
    return [*found, *_imports(value), *_trainings(value)]


def _facts(system: System) -> list[str]:
    found = []
    for what in ("name", "about", "paper"):
        text = getattr(system, what)
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            found.append(f"{what}: must be one line of text")
    if not system.variants:
        found.append("variants: is empty; name at least one")
    for part in PARTS:
        missing = getattr(system, part) is None
        if missing and not system.lacks.get(part):
            found.append(f"lacks: there is no {part}; say why in one sentence")
        if not missing and part in system.lacks:
            found.append(f"lacks: says why there is no {part}, but there is one")
        if not missing and not callable(getattr(system, part)):
            found.append(f"{part}: cannot be called")
    return found


def _configurations(system: System) -> list[str]:
    found: list[str] = []
    for variant in system.variants:
        try:
            system.configure(variant, **system.small)
        except Exception as error:
            what = f"configuration: variant {variant!r} with `small` fails: {named_line(error)}"
            found.append(Raised(what, error))
    try:
        system.configuration(system.default, **system.small, no_such_field=1)
    except Exception as error:
        if type(error).__name__ != "ValidationError":
            found.append(
                Raised(
                    f"configuration: an unknown field raises {type(error).__name__}, expected a "
                    "pydantic.ValidationError",
                    error,
                )
            )
    else:
        found.append("configuration: an unknown field is not refused; forbid extra fields")
    return found


def _networks(system: System) -> list[str]:
    import torch

    config = system.configure(None, **system.small)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = system.build(config).eval().requires_grad_(False)
            names = set(system.skeleton(config).state_dict())
            system.skeleton(config, training=True)
            one, two = system.probe(network), system.probe(network)
    except Exception as error:
        return [Raised(f"network: the small network does not run: {named_line(error)}", error)]
    found = []
    if names != set(network.state_dict()):
        found.append("network: has other parameters on torch's meta device")
    if not isinstance(one, torch.Tensor) or not one.is_floating_point():
        return [*found, "probe: gives no floating-point tensor"]
    if not bool(torch.isfinite(one).all()):
        found.append("probe: gives numbers that are not finite")
    if not torch.equal(one, two):
        found.append("probe: gives another output the second time")
    return found


def _imports(system: System) -> list[str]:
    if system.importer is None:
        return []
    with tempfile.TemporaryDirectory(prefix="siebench-") as folder:
        file, out = Path(folder) / "nonsense.pth", Path(folder) / "weights.safetensors"
        file.write_bytes(b"this is no checkpoint")
        try:
            system.import_weights(file, out)
        except BadInput as error:
            found = [] if _one_line(error) else ["importer: refuses nonsense in several lines"]
        except Exception as error:
            what = f"importer: raises {type(error).__name__} for nonsense, expected BadInput"
            found = [Raised(what, error)]
        else:
            found = ["importer: takes a file of nonsense"]
        if out.exists():
            found.append("importer: leaves a weights file of nonsense behind")
    return found


def _trainings(system: System) -> list[str]:
    if system.trainer is None:
        return []
    presets = list(getattr(system.trainer, "presets", ()))
    found = [] if presets else ["trainer: has no preset; ship at least one configuration"]
    for preset in presets:
        try:
            system.trainer.check(preset)
        except Exception as error:
            what = f"trainer: preset {preset!r} cannot be read: {named_line(error)}"
            found.append(Raised(what, error))
    return found


def _one_line(error: Exception) -> bool:
    return len(str(error).splitlines()) == 1

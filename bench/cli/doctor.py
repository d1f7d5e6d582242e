"""`siebench doctor`: what is here and what is not. Never throws."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import typer

__all__ = ["doctor"]

Row = tuple[str, str]


def doctor() -> None:
    """Show versions, devices, weights and optional parts; never fails."""
    for title, look in (
        ("versions", _versions),
        ("devices", _devices),
        ("folders", _folders),
        ("weights", _weights),
        ("editors", _editors),
        ("optional parts", _parts),
    ):
        typer.echo(title)
        for name, state in _safely(look):
            typer.echo(f"  {name:<26} {state}")


def _safely(look: Callable[[], Iterable[Row]]) -> list[Row]:
    try:
        return list(look())
    except Exception as error:  # a doctor who faints helps nobody
        return [("cannot be told", f"{type(error).__name__}: {error}")]


def _versions() -> Iterable[Row]:
    from bench.run.environment import versions

    return versions().items()


def _devices() -> Iterable[Row]:
    import torch

    from bench.run.environment import hardware

    here = hardware("cpu")
    yield "cpu", f"{here['cpu']}, {here['cores']} cores, {here['memory_gib']} GiB"
    yield "threads", str(torch.get_num_threads())
    if not torch.cuda.is_available():
        yield "cuda", "none"
    for index in range(torch.cuda.device_count()):
        yield f"cuda:{index}", torch.cuda.get_device_name(index)


def _folders() -> Iterable[Row]:
    from bench.core.variables import variable

    for name in ("SIEBENCH_DATA", "SIEBENCH_WEIGHTS", "SIEBENCH_CACHE"):
        yield name, variable(name) or "not set"


def _weights() -> Iterable[Row]:
    from bench.networks.weights import verify

    for status in verify():
        entry = status.network
        yield entry.name, str(status.path) if status.path else f"not found; {entry.url}"


def _editors() -> Iterable[Row]:
    from bench.plugins.kinds import EDITORS

    for editor in EDITORS.plugins():
        yield editor.name, editor.problem or f"from {editor.source}"


def _parts() -> Iterable[Row]:
    from importlib.util import find_spec

    for extra, module in (
        ("onnx", "onnxruntime"),
        ("hf", "transformers"),
        ("mmseg", "mmseg"),
        ("telea", "cv2"),
    ):
        here = find_spec(module) is not None
        yield extra, "installed" if here else f"pip install 'siebench[{extra}]'"

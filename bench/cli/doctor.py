"""`siebench doctor`: what is here and what is not. It never fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

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
        ("plugins", _plugins),
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

    from bench.core.device import choose_device
    from bench.core.errors import BadInput
    from bench.run.environment import hardware

    here = hardware("cpu")
    yield "cpu", f"{here['cpu']}, {here['cores']} cores, {here['memory_gib']} GiB"
    yield "threads", str(torch.get_num_threads())
    count = torch.cuda.device_count()
    if not count:
        yield "cuda", "none"
    for index in range(count):
        try:
            choose_device(f"cuda:{index}")
        except BadInput as error:
            yield f"cuda:{index}", str(error)
        else:
            yield f"cuda:{index}", torch.cuda.get_device_name(index)


def _folders() -> Iterable[Row]:
    import os

    from bench.core.variables import variable

    for name in ("SIEBENCH_DATA", "SIEBENCH_WEIGHTS", "SIEBENCH_CACHE"):
        value = variable(name)
        if not value:
            yield name, "not set" if value is None else "empty: no cache is kept"
            continue
        parts = value.split(os.pathsep) if name == "SIEBENCH_WEIGHTS" else [value]
        yield name, "; ".join(_folder(name, part) for part in parts)


def _folder(name: str, value: str) -> str:
    """The folder, and what is wrong with it."""
    import os

    try:
        path = Path(value).expanduser()
        there = path.is_dir()
        readable = there and os.access(path, os.R_OK | os.X_OK)
    except (OSError, RuntimeError, ValueError) as error:
        return f"{value}: cannot be read ({error}); name another folder"
    if there and readable:
        return str(path)
    if there:
        return f"{path}: cannot be read; change its permissions or name another folder"
    if name == "SIEBENCH_CACHE" and not path.exists():
        return f"{path}: is made when something is kept"
    return f"{path}: is no folder; make it or name another one"


def _weights() -> Iterable[Row]:
    from bench.networks.weights import verify

    for status in verify():
        entry = status.network
        yield entry.name, str(status.path) if status.path else f"not found; {entry.url}"


def _plugins() -> Iterable[Row]:
    from bench.plugins.kinds import REGISTRIES

    for kind, registry in REGISTRIES.items():
        plugins = registry.plugins()
        foreign = sorted({p.source for p in plugins if not p.source.startswith("siebench ")})
        also = f" (also from {', '.join(foreign)})" if foreign else ""
        yield kind, f"{len(plugins)}{also}"
        for plugin in plugins:
            if plugin.problem is not None:
                yield f"  {plugin.name}", f"{plugin.problem} ({plugin.target}, {plugin.source})"


def _parts() -> Iterable[Row]:
    from importlib.util import find_spec

    for module, package, use in (
        ("onnxruntime", "onnxruntime", "ONNX segmenters and networks"),
        ("transformers", "transformers", "segmenters of transformers (hf:FOLDER)"),
        ("mmseg", "mmsegmentation", "segmenters of mmsegmentation"),
        ("cv2", "opencv-python-headless", "the editor telea"),
        ("lightning_fabric", "lightning-fabric", "training"),
        ("tensorboard", "tensorboard", "curves while training"),
    ):
        here = "installed" if find_spec(module) is not None else f"run `pip install {package}`"
        yield package, f"{here} ({use})"

"""What a run stood on: versions, commit, hardware. Never throws: what is not known is left out."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench import __version__
from bench.core.device import is_gpu, kind_of

__all__ = ["commit", "device_key", "device_name", "hardware", "harness_commit", "versions"]

_PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "pillow",
    "scipy",
    "pandas",
    "pyarrow",
    "lpips",
    "pytorch-fid",
    "clean-fid",
    "mmsegmentation",
    "onnxruntime",
    "transformers",
    "diffusers",
    "opencv-python-headless",
)


def versions() -> dict[str, str]:
    """Installed packages that may move a number, by name, and Python itself."""
    found = {"python": platform.python_version(), "siebench": __version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def harness_commit() -> dict[str, Any] | None:
    """The commit of the checkout that siebench runs from; None for an installed package."""
    checkout = Path(__file__).resolve().parents[2]
    return commit(checkout) if (checkout / ".git").exists() else None


def commit(folder: Path) -> dict[str, Any] | None:
    """The commit of the repository that a folder lies in, and whether its files were changed since.

    Files that the repository does not track do not count: a run may be written into it.
    """
    head = _git(folder, "rev-parse", "HEAD")
    status = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return None if head is None else {"commit": head, "dirty": bool(status)}


def hardware(device: str) -> dict[str, Any]:
    """Processor, cores, memory, platform, and the device that editors run on."""
    return {
        "device": device,
        "device_name": device_name(device),
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": _memory(),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }


def _git(checkout: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(checkout), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> float | None:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    return round(total / 2**30, 1)


def device_name(device: str) -> str:
    """The model of a device: of a GPU, or of this machine's processor."""
    if not is_gpu(device):
        return _processor()
    import torch

    return torch.cuda.get_device_name(device)


def device_key(device: str) -> str:
    """What tells a device from every other one of its machine, whatever number it has here."""
    if not is_gpu(device):
        return kind_of(device)
    import torch

    facts = torch.cuda.get_device_properties(device)
    return f"cuda {getattr(facts, 'uuid', device)}"

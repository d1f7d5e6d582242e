"""NVIDIA's Multi-Process Service: kernels of several processes run on one GPU at the same time.

Without it a GPU serves one process after the other, and small networks leave most of it idle. The
service is a daemon with folders of its own, started for a block and ended with it; no setting of the GPU is
changed. Where it is not installed, or a process cannot compute through it, there is none.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping

from bench.core.device import is_gpu

__all__ = ["multi_process_service"]

_CONTROL = "nvidia-cuda-mps-control"
_SECONDS = 45.0
_PROBE = "import sys, torch; assert (torch.ones(8, device=sys.argv[1]) + 1).sum().item() == 16"


@contextlib.contextmanager
def multi_process_service(device: str) -> Iterator[Mapping[str, str]]:
    """Runs the service while the block runs.

    Args:
        device: where the block's processes compute; nothing is started for a CPU.

    Yields:
        The variables by which processes find it; none where there is no service.
    """
    if not is_gpu(device) or shutil.which(_CONTROL) is None:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="mps-", ignore_cleanup_errors=True) as folder:
        variables = {"CUDA_MPS_PIPE_DIRECTORY": folder, "CUDA_MPS_LOG_DIRECTORY": folder}
        environment = {**os.environ, **variables}
        started = _succeeds([_CONTROL, "-d"], environment)
        variables |= _numbered_anew()
        probe = [sys.executable, "-c", _PROBE, device]
        try:
            works = started and _succeeds(probe, {**environment, **variables})
            yield variables if works else {}
        finally:
            if started:
                _succeeds([_CONTROL], environment, "quit\n")


def _numbered_anew() -> dict[str, str]:
    """How processes name the GPUs that the service is shown by number: to them it numbers these from 0.

    With the service's own numbers they find none (NVIDIA, Multi-Process Service, CUDA_VISIBLE_DEVICES).
    """
    shown = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    if not all(number.strip().isdecimal() for number in shown):
        return {}
    return {"CUDA_VISIBLE_DEVICES": ",".join(map(str, range(len(shown))))}


def _succeeds(command: list[str], environment: Mapping[str, str], given: str = "") -> bool:
    try:
        done = subprocess.run(
            command,
            env=environment,
            input=given,
            text=True,
            timeout=_SECONDS,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0

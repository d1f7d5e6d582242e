"""Weights & Biases: a project a suite, a run a method; nothing leaves the machine unless one asks for it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.errors import BadInput, Unavailable
from bench.core.identity import record_hash
from reports.destinations.contents import Kept, gallery

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["log_to_wandb"]

_PROJECT = re.compile(r"[/\\#?%:]")
"""What a project's name must not hold."""


def log_to_wandb(run: Run, methods: list[Kept], folder: Path) -> list[str]:
    """Logs the configuration, scores with intervals, costs, every score as a table and the gallery.

    Runs are written offline, into `folder/wandb`, unless `WANDB_MODE` says otherwise; `wandb sync`
    sends them. A method of a run always has the same id, so that it is replaced.

    Args:
        run: the run.
        methods: what is logged.
        folder: where offline files lie.

    Returns:
        A line for each method: where it is.

    Raises:
        Unavailable: W&B is not installed.
        BadInput: W&B refuses, as where nobody is logged in.
    """
    try:
        import wandb
    except ImportError as error:
        raise Unavailable("Weights & Biases is not installed: `pip install wandb`") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_log(wandb, run, one, folder) for one in methods]
    except (wandb.errors.Error, OSError) as error:
        raise BadInput(
            f"{folder}: W&B refuses ({error}); log in with `wandb login`, or leave WANDB_MODE out to "
            "write offline"
        ) from error


def _log(wandb: Any, run: Run, one: Kept, folder: Path) -> str:
    settings = wandb.Settings(
        silent=True,
        console="off",
        disable_git=True,
        disable_code=True,
        x_disable_meta=True,
        x_disable_stats=True,
    )
    identity = record_hash({"run": run.header.key, "method": one.method.name})[:16]
    logged = wandb.init(
        project=_PROJECT.sub("-", run.header.name)[:128],
        id=identity,
        name=one.method.title,
        group=run.header.title,
        config=dict(one.parameters),
        notes=run.header.description or None,
        mode=os.environ.get("WANDB_MODE") or "offline",
        dir=str(folder),
        resume="allow",
        reinit="create_new",
        settings=settings,
    )
    images = {
        f"gallery/{image.key}": wandb.Image(_opened(image.png), caption=image.caption)
        for image in gallery(run, one.method)
    }
    shown = run.scores[run.scores["method"] == one.method.name]
    columns = ["task", "metric", "of", "value", "low", "high", "n", "clusters", "reason"]
    logged.log({"scores": wandb.Table(dataframe=shown[columns]), **images})
    logged.summary.update(dict(one.numbers))
    where = Path(logged.dir).parent
    logged.finish()
    return f"{one.method.title}: {where}"


def _opened(png: bytes) -> Any:
    import io

    from PIL import Image

    return Image.open(io.BytesIO(png)).convert("RGB")

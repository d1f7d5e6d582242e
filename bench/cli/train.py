"""`siebench train`: train a system from a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["train"]


def train(
    config: Annotated[
        str, typer.Argument(help="A YAML file, or a shipped one (spade, small-spade, ...).")
    ],
    out: Annotated[Path | None, typer.Option(help="The run's folder [runs/train-NAME].")] = None,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:1, or cuda:0,1 for two.")
    ] = "auto",
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps in place of the configuration's.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")] = False,
) -> None:
    """Train a system; writes checkpoints as it goes and the weights at the end.

    Ctrl-C and SIGTERM save a checkpoint after the step at hand.
    """
    import shlex

    from bench.cli.terminal.progress import watching
    from bench.plugins.systems import train as train_system

    folder = out or Path("runs") / f"train-{Path(config).stem}"
    seen = 0
    again = ["siebench", "train", config, "--out", str(folder), "--device", device]
    again += [] if steps is None else ["--steps", str(steps)]
    with watching(Path(config).stem, f"`{shlex.join(again)} --resume`") as bar:

        def watch(done: int, total: int, losses: dict[str, float]) -> None:
            del losses
            nonlocal seen
            if seen == 0:
                bar.start(total)
            bar.advance(done - seen)
            seen = done

        path = train_system(config, folder, device=device, steps=steps, resume=resume, watch=watch)
    typer.echo(f"weights: {path}")

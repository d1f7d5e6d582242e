"""`siebench zoo`: train the small networks that ship, all together within a given time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baselines.training.zoo.side_by_side import Outcome

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The small networks that ship: train and pack them.")

Out = Annotated[Path, typer.Option(help="The folder of weights, cards, curves and checkpoints.")]


@app.command()
def train(
    out: Out = Path("zoo"),
    minutes: Annotated[float, typer.Option(help="Minutes of the whole command.")] = 8.0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")] = "auto",
    models: Annotated[
        str, typer.Option(help="Names, with commas; all that the time does for, if left out.")
    ] = "",
    seeds: Annotated[
        str, typer.Option(help="Seeds of every model, with commas; the plan's, if left out.")
    ] = "",
    side_by_side: Annotated[
        int | None, typer.Option(min=1, help="Trainings at a time [GPU: 16, CPU: one a core].")
    ] = None,
    changed: Annotated[
        list[str] | None,
        typer.Option("--set", help="FIELD=VALUE of every configuration: batch=16, data.count=512."),
    ] = None,
    pack: Annotated[
        Path | None, typer.Option(help="Then pack everything into this folder, as `pack` does.")
    ] = None,
) -> None:
    """Train the zoo side by side on one device; goes on with what is there.

    Every training ends by its share of the time, with its weights written. SIGTERM and Ctrl-C end all of
    them after their step. Ends with 1 where a training failed.
    """
    from baselines.training.zoo.side_by_side import Stopped, train_zoo
    from bench.cli.terminal.values import named_values, whole_numbers

    outcomes: list[Outcome] = []
    try:
        outcomes = train_zoo(
            out,
            minutes=minutes,
            device=device,
            models=[name.strip() for name in models.split(",") if name.strip()],
            seeds=whole_numbers(seeds, "--seeds"),
            side_by_side=side_by_side,
            changes=named_values(changed or [], "--set"),
            tell=_tell,
        )
    except Stopped as stopped:
        outcomes = stopped.outcomes
        raise
    finally:
        if outcomes:
            typer.echo("\n".join(_table(outcomes)))
            if pack is not None:
                _pack(out, pack, first=1)
    if any(one.state == "failed" for one in outcomes):
        raise typer.Exit(1)


@app.command("pack")
def pack_trained(
    to: Annotated[Path, typer.Option(help="The folder for zoo-1.tar, zoo-2.tar, ...")],
    out: Out = Path("zoo"),
    first: Annotated[
        int, typer.Option(min=1, help="The first archive to write; earlier ones are elsewhere.")
    ] = 1,
) -> None:
    """Pack weights, cards and curves into archives below 16 MiB, at most 8 at a time.

    `tar -xf` unpacks them; all in one folder are the zoo's folder again. Checkpoints are not packed.
    """
    from bench.core.errors import BadInput

    if not out.is_dir():
        raise BadInput(f"{out}: no such folder; give the one that `siebench zoo train` wrote to")
    _pack(out, to, first=first)


def _pack(out: Path, to: Path, *, first: int) -> None:
    from baselines.training.zoo.packing import MANY, pack
    from baselines.training.zoo.plan import chosen_jobs

    planned = [job.name for job in chosen_jobs()]
    others = sorted(path.stem for path in out.glob("*.safetensors"))
    archives = pack(out, list(dict.fromkeys([*planned, *others])), to, first=first)
    for archive in archives:
        size = f"{archive.size / 2**20:.1f} MiB"
        said = size if archive.written else f"{size}, not written"
        typer.echo(f"{archive.path}: {said}: {', '.join(archive.names)}")
    if len(archives) >= first + MANY:
        typer.echo(f"the others: siebench zoo pack --out {out} --to {to} --first {first + MANY}")


def _tell(line: str) -> None:
    typer.echo(line)
    import sys

    sys.stdout.flush()


def _table(outcomes: Sequence[Outcome]) -> list[str]:
    """One line a training: steps, steps a second, examples, minutes, last losses, or what went wrong."""
    width = max(len(one.name) for one in outcomes)
    lines = [f"{'training':{width}}  {'state':11}  steps   steps/s  examples  minutes  losses"]
    for one in outcomes:
        start = f"{one.name:{width}}  {one.state:11}"
        if one.point is None:
            lines.append(f"{start}  {one.why}".rstrip())
            continue
        point = one.point
        rate = point.step / point.seconds if point.seconds else 0.0
        losses = ", ".join(f"{name} {value:.3f}" for name, value in point.losses.items())
        lines.append(
            f"{start}  {point.step:6d}  {rate:7.1f}  {point.examples:8d}  {point.seconds / 60:7.2f}  "
            f"{one.why or losses}"
        )
    return lines

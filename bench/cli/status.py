"""`siebench status`: how far a run is that anybody carries out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.run.status import Status

__all__ = ["status"]


def status(
    out: Annotated[Path, typer.Argument(help="A run directory.")],
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Say how far a run is, who is at work on it, and how long it still takes.

    It looks at the run's folder alone, on any machine that sees it.
    """
    from bench.run.status import run_status

    found = run_status(out)
    if as_json:
        typer.echo(_json(found))
        return
    for line in _lines(found):
        typer.echo(line)


def _json(found: Status) -> str:
    from dataclasses import asdict

    from bench.core.atomic import json_text

    hidden = ("machine", "born", "key")
    plain = {**asdict(found), "folder": str(found.folder)}
    plain["workers"] = [
        {name: value for name, value in one.items() if name not in hidden}
        for one in plain["workers"]
    ]
    return json_text(plain).rstrip()


def _lines(found: Status) -> Iterator[str]:
    from bench.cli.terminal.progress import minutes, rate
    from bench.core.text import counted

    parts = [
        f"{found.shards_done} of {counted(found.shards, 'shard')}",
        f"{found.results_done} of {counted(found.results, 'result')}",
    ]
    if found.state == "running" and found.each_second:
        parts.append(rate(found.each_second))
    if found.state == "running" and found.seconds_left is not None:
        parts.append(f"about {minutes(found.seconds_left)} left")
    yield f"{found.name}: {found.state}, {', '.join(parts)}"
    if found.tried_again:
        yield f"begun in vain by workers that died: {counted(found.tried_again, 'shard')}"
    if found.state == "running":
        yield counted(len(found.workers), "worker")
    for one in found.workers:
        in_hand = "" if one.shard is None else f", at {one.shard[0]} shard {one.shard[1]}"
        made = counted(one.carried_out, "result")
        yield f"  {one.host} {one.device.partition(' ')[0]}, process {one.pid}: {made}{in_hand}"
    if found.state == "stopped":
        yield "nobody is at work; `siebench run` with the same suite and --out goes on"
    if found.state == "waiting":
        yield f"every shard is done; `siebench reduce {found.folder}` makes the tables"

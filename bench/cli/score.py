"""`siebench score`: a folder of results against references."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.terminal.targets import SCORES, Force

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.metrics import Score
    from bench.run.cross_check import CrossCheck

__all__ = ["score"]


def score(
    real: Annotated[Path, typer.Argument(help="Folder of reference images.")],
    fake: Annotated[Path, typer.Argument(help="Folder of results, paired by stem.")],
    masks: Annotated[
        Path | None, typer.Option(help="Folder of masks: 255 (or 1) = edited, 0 = known.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Folder of label PNGs in the segmenter's classes.")
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(help="Names with commas between them (psnr,ssim,rmse,l1,lpips-alex,fid)."),
    ] = None,
    segmenter: Annotated[
        str | None, typer.Option(help="A segmenter's name or file, for miou and accuracy.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the scores as JSON too.")
    ] = None,
    cross: Annotated[
        bool,
        typer.Option(
            "--cross-check",
            help="Put the values of pytorch-fid, clean-fid, lpips ... on the same files beside ours.",
        ),
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 ...")] = "auto",
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch missing weights from their official address.")
    ] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Import metrics written as package.module:attribute.")
    ] = False,
    force: Force = False,
) -> None:
    """Score a folder of results against references, pairing by stem."""
    from bench.core.atomic import refuse_loss, write_json
    from bench.run.score import DEFAULT_METRICS, score_folders

    if json_file is not None:
        refuse_loss(json_file, ours=SCORES, force=force)
    names = [name.strip() for name in metrics.split(",")] if metrics else list(DEFAULT_METRICS)
    scores = score_folders(
        real,
        fake,
        masks=masks,
        labels=labels,
        metrics=[name for name in names if name],
        segmenter=segmenter,
        device=device,
        fetch=fetch,
        trust=trust,
    )
    _show(scores)
    found = {"scores": [asdict(one) for one in scores]}
    if cross:
        rows = scores.cross_check()
        _show_cross_check(rows)
        found["cross_check"] = [asdict(row) for row in rows]
    if json_file is not None:
        write_json(json_file, found)


def _show(scores: Sequence[Score]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("metric", "of", "value", "interval", "n")
    for one in scores:
        interval = f"{one.low:.4f} .. {one.high:.4f}" if one.low is not None else ""
        value = f"{one.value:.4f}" if one.value is not None else one.reason
        table.add_row(one.metric, one.of, value, interval, str(one.n))
    Console().print(table)


def _show_cross_check(rows: Sequence[CrossCheck]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("metric", "library", "ours", "theirs", "deviation", "note")
    for row in rows:
        relative = f" ({row.relative:.1e})" if row.relative is not None else ""
        table.add_row(
            row.metric,
            row.library,
            "" if row.ours is None else f"{row.ours:.6f}",
            "" if row.theirs is None else f"{row.theirs:.6f}",
            "" if row.deviation is None else f"{row.deviation:+.1e}{relative}",
            row.note,
        )
    Console().print(table)

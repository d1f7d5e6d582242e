"""`siebench score`: a folder of results against references."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.terminal.targets import SCORES, SCORES_CSV, Force

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from bench.run.cross_check import CrossCheck
    from bench.run.folder_scores import FolderScores

__all__ = ["score"]


def score(
    real: Annotated[Path, typer.Argument(help="Folder of reference images.")],
    fake: Annotated[Path, typer.Argument(help="Folder of results, paired by subfolder and stem.")],
    masks: Annotated[
        Path | None, typer.Option(help="Folder of masks: 255 (or 1) = edited, 0 = known.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Folder of label PNGs in the segmenter's classes.")
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            help="Names with commas between them (psnr,ssim,rmse,l1,lpips-alex,fid); may be repeated."
        ),
    ] = None,
    segmenter: Annotated[
        str | None, typer.Option(help="A segmenter's name or file, for miou and accuracy.")
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the scores as JSON too; - prints it."),
    ] = None,
    csv_file: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write every image's values; - prints them."),
    ] = None,
    allow_unpaired: Annotated[
        bool,
        typer.Option(
            "--allow-unpaired",
            help="Score two sets without pairs, of any sizes: FID, KID and the like only.",
        ),
    ] = False,
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
    """Score a folder of results against references, paired by subfolder and stem."""
    from rich.console import Console

    from bench.core.atomic import json_text, refuse_loss
    from bench.core.errors import BadInput
    from bench.run.folder_scores import plain_row
    from bench.run.score import DEFAULT_METRICS, score_folders

    if json_file is not None and json_file == csv_file:
        raise BadInput(f"--json and --csv both name {json_file}; give each a place of its own")
    if cross and allow_unpaired:
        raise BadInput("--cross-check asks about pairs; leave out --allow-unpaired")
    if csv_file is not None and allow_unpaired:
        raise BadInput("--csv has the values of pairs; leave out --allow-unpaired")
    for target, ours in ((json_file, SCORES), (csv_file, SCORES_CSV)):
        if target is not None and target != _PRINTED:
            refuse_loss(target, ours=ours, force=force)
    names = [name.strip() for part in metrics or [] for name in part.split(",")]
    scores = score_folders(
        real,
        fake,
        masks=masks,
        labels=labels,
        metrics=list(dict.fromkeys(name for name in names if name)) or DEFAULT_METRICS,
        segmenter=segmenter,
        device=device,
        fetch=fetch,
        trust=trust,
        allow_unpaired=allow_unpaired,
    )
    # What is printed to be read by a program stands alone on standard output.
    console = Console(stderr=_PRINTED in (json_file, csv_file))
    console.print(_table(scores))
    rows = scores.cross_check() if cross else []
    if cross:
        console.print(_cross_table(rows))
    for notice in scores.notices:
        sys.stderr.write(f"siebench: note: {notice}\n")
    if json_file is not None:
        found = scores.record()
        if cross:
            found["cross_check"] = [plain_row(asdict(row)) for row in rows]
        _give(json_file, json_text(found))
    if csv_file is not None:
        _give(csv_file, scores.table())


_PRINTED = Path("-")


def _give(target: Path, text: str) -> None:
    from bench.core.atomic import write_text

    if target == _PRINTED:
        sys.stdout.write(text)
    else:
        write_text(target, text)


def _table(scores: FolderScores) -> Table:
    from rich.table import Table

    table = Table("metric", "of", "value", "interval", "n")
    for one in scores:
        interval = f"{one.low:.4f} .. {one.high:.4f}" if one.low is not None else ""
        value = f"{one.value:.4f}" if one.value is not None else one.reason
        # Sets without pairs have two numbers.
        count = str(one.n) if scores.files else f"{len(scores.inputs['real'])} real, {one.n} fake"
        table.add_row(one.metric, one.of, value, interval, count)
    return table


def _cross_table(rows: Sequence[CrossCheck]) -> Table:
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
    return table

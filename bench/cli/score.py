"""`siebench score`: a folder of results against references."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.metrics import Score

__all__ = ["score"]


def score(
    real: Annotated[Path, typer.Argument(help="Folder of reference pictures.")],
    fake: Annotated[Path, typer.Argument(help="Folder of results, paired by stem.")],
    masks: Annotated[Path | None, typer.Option(help="Folder of masks: 255 = edited.")] = None,
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
    device: Annotated[str, typer.Option(help="cpu, cuda ...")] = "cpu",
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch missing weights from their official address.")
    ] = False,
) -> None:
    """Score a folder of results against references, pairing by stem."""
    from bench.core.atomic import write_json
    from bench.run.score import DEFAULT_METRICS
    from bench.run.score import score as score_folders

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
    )
    _show(scores)
    if json_file is not None:
        write_json(json_file, {"scores": [asdict(one) for one in scores]})


def _show(scores: list[Score]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("metric", "of", "value", "interval", "n")
    for one in scores:
        interval = f"{one.low:.4f} .. {one.high:.4f}" if one.low is not None else ""
        value = f"{one.value:.4f}" if one.value is not None else one.reason
        table.add_row(one.metric, one.of, value, interval, str(one.n))
    Console().print(table)

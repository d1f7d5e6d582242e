"""`siebench score`: a folder of results against references."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.terminal.start import starting
from bench.cli.terminal.targets import SCORES, SCORES_CSV, Force

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.table import Table

    from bench.judge.compare import Comparison
    from bench.run.cross_check import CrossCheck
    from bench.run.folder_scores import FolderScores

__all__ = ["score"]


def score(
    real: Annotated[Path, typer.Argument(help="Folder of reference images.")],
    fake: Annotated[
        list[Path],
        typer.Argument(
            help="Folder of results, paired by subfolder and stem; several are compared too."
        ),
    ],
    masks: Annotated[
        Path | None, typer.Option(help="Folder of masks: 255 (or 1) = edited, 0 = known.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Folder of label PNGs in the segmenter's classes.")
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            help="Names with commas between them (psnr,ssim,rmse,l1,lpips-alex,fid), or as a suite has them "
            "with options: '{name: fd, options: {network: dinov2}}'; may be repeated."
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
    resize_real: Annotated[
        bool,
        typer.Option(
            "--resize-real",
            help="Bring each reference to its result's size first (bicubic; masks and labels nearest).",
        ),
    ] = False,
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
    batch_size: Annotated[
        int,
        typer.Option(
            min=1,
            max=1024,
            help="Images that networks see at a time on a GPU; a smaller number takes less memory.",
        ),
    ] = 64,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch missing weights from their official address.")
    ] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Import metrics written as package.module:attribute.")
    ] = False,
    force: Force = False,
) -> None:
    """Score folders of results against references, paired by subfolder and stem.

    With several folders of results, every two of them are compared image by image. Ends with 1 where no
    metric has a value.
    """
    from bench.core.atomic import json_text, refuse_losses
    from bench.core.errors import BadInput

    if _PRINTED == json_file == csv_file:
        raise BadInput("--json and --csv are both to be printed; give one of them a file")
    if cross and allow_unpaired:
        raise BadInput("--cross-check asks about pairs; leave out --allow-unpaired")
    if csv_file is not None and allow_unpaired:
        raise BadInput("--csv has the values of pairs; leave out --allow-unpaired")
    outs = {"--json": (json_file, SCORES), "--csv": (csv_file, SCORES_CSV)}
    refuse_losses({name: out for name, out in outs.items() if out[0] != _PRINTED}, force=force)
    if cross and len(fake) > 1:
        raise BadInput("--cross-check is of one folder of results; name one at a time")
    if resize_real and (cross or allow_unpaired):
        other = "--cross-check" if cross else "--allow-unpaired"
        raise BadInput(f"--resize-real and {other} do not go together; leave out one of them")
    with starting(device):
        import pandas  # noqa: F401 -- for the tables of samples
        from rich.console import Console

        from bench.run.score import DEFAULT_METRICS, score_folders

        if len(fake) > 1:  # two dozen modules, which take a tenth of a second
            from bench.judge.compare import compare_folders, folder_names

    asked: dict[str, Any] = {
        "masks": masks,
        "labels": labels,
        "metrics": [one for part in metrics or [] for one in _listed(part)] or DEFAULT_METRICS,
        "segmenter": segmenter,
        "resize_real": resize_real,
        "device": device,
        "batch_size": batch_size,
        "fetch": fetch,
        "trust": trust,
    }
    comparison = None
    if len(fake) > 1 and not allow_unpaired:
        compared = compare_folders(real, fake, **asked)
        scores, comparison = compared.scores, compared.comparison
    else:
        named = folder_names(fake) if len(fake) > 1 else {fake[0].name: fake[0]}
        scores = {
            name: score_folders(real, folder, allow_unpaired=allow_unpaired, **asked)
            for name, folder in named.items()
        }
    # What is printed to be read by a program stands alone on standard output.
    printed = _PRINTED in (json_file, csv_file)
    # Names and reasons are shown as they are: brackets in them are no markup.
    console = Console(stderr=printed, markup=False)
    console.print(_table(scores))
    rows = next(iter(scores.values())).cross_check() if cross else []
    if cross:
        console.print(_cross_table(rows))
    if comparison is not None and not printed:
        from bench.cli.terminal.verdicts import tell_comparison

        tell_comparison(comparison)
    for notice in _notices(scores):
        sys.stderr.write(f"siebench: note: {notice}\n")
    if json_file is not None:
        _give(json_file, json_text(_record(scores, comparison, rows if cross else None)))
    if csv_file is not None:
        _give(csv_file, _csv(scores))
    if all(score.value is None for one in scores.values() for score in one):
        raise typer.Exit(1)  # a script that asked for one value has none


_PRINTED = Path("-")


def _listed(part: str) -> list[Any]:
    """What one --metrics names: names, or a list of YAML without its brackets."""
    from bench.core.documents import parse_yaml

    if "{" not in part:
        return [name.strip() for name in part.split(",") if name.strip()]
    listed: list[Any] = parse_yaml(f"[{part}]", "--metrics")
    return listed


def _notices(scores: Mapping[str, FolderScores]) -> Iterator[str]:
    """Every notice once, with the folders that it is about where it is not about all and does not say so."""
    whose: dict[str, list[str]] = {}
    for name, one in scores.items():
        for notice in one.notices:
            whose.setdefault(notice, []).append(name)
    for notice, names in whose.items():
        named = all(notice.startswith(f"{scores[name].folders['fake']}: ") for name in names)
        yield notice if named or len(names) == len(scores) else f"{', '.join(names)}: {notice}"


def _give(target: Path, text: str) -> None:
    from bench.core.atomic import write_text

    if target == _PRINTED:
        sys.stdout.write(text)
    else:
        write_text(target, text)


def _record(
    scores: Mapping[str, FolderScores],
    comparison: Comparison | None,
    cross: Sequence[CrossCheck] | None,
) -> dict[str, Any]:
    """One folder's record as it is; of several one each, and what their comparison found."""
    from bench.judge.compare.outputs import comparison_record
    from bench.run.folder_scores import plain_row

    if len(scores) > 1:
        found: dict[str, Any] = {"scores": {name: one.record() for name, one in scores.items()}}
        if comparison is not None:
            found["comparison"] = comparison_record(comparison)
        return found
    (one,) = scores.values()
    found = one.record()
    if cross is not None:
        found["cross_check"] = [plain_row(asdict(row)) for row in cross]
    return found


def _csv(scores: Mapping[str, FolderScores]) -> str:
    """Every image's values; with several folders the lines of each, and a column with its name."""
    if len(scores) == 1:
        return next(iter(scores.values())).table()
    lines: list[str] = []
    for name, one in scores.items():
        head, *rows = csv.reader(io.StringIO(one.table(), newline=""))
        if not lines:
            lines.append(_line([*head[:3], "folder", *head[3:]]))
        lines += [_line([*row[:3], name, *row[3:]]) for row in rows]
    return "".join(lines)


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _table(scores: Mapping[str, FolderScores]) -> Table:
    """A row for each score; with several folders those of one score below each other."""
    from rich.table import Column, Table

    from reports.numbers import printed_interval

    several = len(scores) > 1
    value = Column("value", overflow="fold")  # reasons name files and addresses, to be copied
    table = Table("metric", "of", *(["results"] if several else []), value, "interval", "n")
    rows = [(name, folder, one) for name, folder in scores.items() for one in folder]
    order = {(one.metric, one.of): i for i, (_, _, one) in reversed(list(enumerate(rows)))}
    for name, folder, one in sorted(rows, key=lambda row: order[row[2].metric, row[2].of]):
        interval = printed_interval(one.low, one.high, 4)
        said = f"{one.value:.4f}" if one.value is not None else one.reason
        # Sets without pairs have two numbers.
        count = str(one.n) if folder.files else f"{len(folder.inputs['real'])} real, {one.n} fake"
        table.add_row(one.metric, one.of, *([name] if several else []), said, interval, count)
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

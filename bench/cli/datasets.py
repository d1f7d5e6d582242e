"""`siebench datasets`: known datasets, whether a folder is one, and how to make one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.options import TrustPlugin
from bench.cli.terminal.targets import Force
from bench.core.text import counted

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Known datasets: list, check, prepare.")


@app.command("list")
def list_datasets() -> None:
    """List the datasets: layout, splits, terms; a broken plugin is listed with its reason."""
    from bench.core.errors import BadInput
    from bench.datasets import dataset_names, describe

    for name in dataset_names():
        try:
            info = describe(name)
        except BadInput as error:
            typer.echo(f"{name}: cannot be used: {error}")
            continue
        typer.echo(f"{info.name} ({info.title}): {info.about}")
        typer.echo(f"    {info.layout}")
        if info.space is not None:
            typer.echo(f"    label space: {info.space.name}")
        if info.splits:
            splits = [
                f"{one} (default)" if one == info.default_split else one for one in info.splits
            ]
            typer.echo(f"    splits: {', '.join(splits)}")
        terms = f", {info.licence.terms}" if info.licence.terms else ""
        typer.echo(f"    licence: {info.licence.name}{terms}")


@app.command()
def check(
    data: Annotated[
        list[str], typer.Argument(metavar="NAME=PATH", help="A dataset and its folder; or several.")
    ],
    split: Annotated[
        str | None, typer.Option(help="A split; the default one where left out.")
    ] = None,
    trust: TrustPlugin = False,
) -> None:
    """Look through dataset folders; says what is wrong, file by file (exit code 1)."""
    from bench.datasets import check_dataset
    from bench.run.data import parse_data

    wrong = 0
    for name, path in parse_data(data).items():
        found = check_dataset(name, path, split, trust=trust)
        for problem in found.problems:
            typer.echo(str(problem))
        for note in found.notes:
            typer.echo(f"note: {name}: {note}")
        wrong += len(found.problems)
        if not found.problems:
            typer.echo(f"{name}: {path} is good")
    if wrong:
        typer.echo(counted(wrong, "problem"))
        raise typer.Exit(1)


@app.command()
def prepare(
    name: Annotated[str, typer.Argument(help="A dataset that has official downloads.")],
    archives: Annotated[
        list[Path],
        typer.Option("--from", metavar="ARCHIVE", help="A download or its folder; may come often."),
    ],
    out: Annotated[Path, typer.Option(help="The dataset's new folder.")],
) -> None:
    """Cut a dataset out of its official downloads; with the same ones, go on where it stopped."""
    from bench.cli.terminal.progress import watching
    from bench.datasets.prepare import prepare_dataset

    with watching(name) as watch:
        outcome = prepare_dataset(name, archives, out, start=watch.start, advance=watch.advance)
    for note in outcome.notes:
        typer.echo(note)
    typer.echo(
        f"{out}: {counted(outcome.written, 'file')} written, {outcome.verified} there and good"
    )


@app.command()
def sheet(
    name: Annotated[str, typer.Argument(help="A dataset's name.")],
    path: Annotated[
        Path | None, typer.Option(help="Its folder, for one that is not drawn.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The PNG (default: NAME.png).")] = None,
    split: Annotated[str | None, typer.Option(help="A split.")] = None,
    count: Annotated[int, typer.Option(min=1, max=400, help="How many scenes.")] = 24,
    size: Annotated[int, typer.Option(min=16, max=1024, help="Pixels a side.")] = 128,
    force: Force = False,
    trust: TrustPlugin = False,
) -> None:
    """Draw a contact sheet: images and their label maps."""
    from bench.core.atomic import refuse_loss, whole_file
    from bench.core.images import PNG_MARK, png_mark
    from bench.datasets import open_dataset
    from bench.datasets.sheet import draw_sheet

    target = out or Path(f"{name}.png")
    refuse_loss(target, ours=PNG_MARK, force=force)
    dataset = open_dataset(name, path, split=split, count=count, trust=trust)
    with whole_file(target) as temporary:
        draw_sheet(dataset, dataset.ids, size=size).save(
            temporary, format="PNG", pnginfo=png_mark()
        )
    typer.echo(str(target))

"""`siebench masks`: edits as packs of PNGs with a manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.terminal.values import named_values
from bench.core.text import counted

if TYPE_CHECKING:
    from bench.datasets import Dataset, Fit
    from masks import Site

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Edits as packs of PNGs with a manifest.")


@app.command("list")
def list_protocols() -> None:
    """List the protocols: what each asks for, its parameters and their defaults."""
    from masks import describe, protocol_keys

    for key in protocol_keys():
        one = describe(key)
        typer.echo(f"{one.key} ({one.operation}): {one.summary}")
        for parameter in one.parameters:
            typer.echo(
                f"    {parameter.name} = {parameter.default!r}: {parameter.summary} "
                f"({parameter.expected})"
            )


@app.command()
def make(
    protocol: Annotated[str, typer.Argument(help="A protocol, as in freeform@1.")],
    data: Annotated[str, typer.Option(metavar="NAME=PATH", help="A dataset and its folder.")],
    out: Annotated[Path, typer.Option(help="The pack's folder.")],
    seed: Annotated[int, typer.Option(min=0, help="The seed of all edits.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="Edits a scene.")] = 1,
    split: Annotated[str | None, typer.Option(help="A split of the dataset.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most N scenes.")] = None,
    size: Annotated[int, typer.Option(min=8, max=8192, help="Pixels a side.")] = 256,
    fit: Annotated[str, typer.Option(help="crop, resize or native.")] = "crop",
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Of the protocol; YAML values.")
    ] = None,
) -> None:
    """Draw a dataset's edits and write them as a pack.

    A dataset that siebench draws itself has no folder: --data procedural-rooms= will do.
    """
    from bench.core.errors import BadInput
    from bench.datasets import Fit, describe, open_dataset
    from masks import MaskError, make_protocol, paired, write_pack

    name, _, path = data.partition("=")
    if fit not in ("crop", "resize", "native"):
        raise BadInput(f"--fit {fit!r}: expected crop, resize or native")
    place = None if describe(name).drawn else Path(path)
    dataset = open_dataset(name, place, split=split, count=limit)
    brought = Fit(None if fit == "native" else (size, size), fit)  # type: ignore[arg-type]  # checked above
    try:
        made = make_protocol(protocol, named_values(parameter or [], "--parameter"))
        made = paired(made, dataset.ids)
        manifest = write_pack(
            out,
            made,
            _sites(dataset, brought, samples),
            seed=seed,
            fingerprint=dataset.fingerprint(),
        )
    except MaskError as error:
        raise BadInput(str(error)) from None
    typer.echo(f"{out}: {counted(manifest.edits, 'edit')}, {manifest.impossible} impossible")


@app.command()
def verify(folder: Annotated[Path, typer.Argument(help="A pack.")]) -> None:
    """Prove a pack byte for byte; says which file differs (exit code 1)."""
    from bench.core.errors import BadInput
    from masks import verify_pack

    if not (folder / "manifest.json").is_file():
        raise BadInput(f"{folder}: is no pack (it has no manifest.json); see `siebench masks make`")
    problems = verify_pack(folder)
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        raise typer.Exit(1)
    typer.echo(f"{folder}: good")


@app.command()
def show(
    folder: Annotated[Path, typer.Argument(help="A pack.")],
    out: Annotated[Path | None, typer.Option(help="The PNG (default: FOLDER.png).")] = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many edits.")] = 64,
) -> None:
    """Draw a contact sheet of a pack."""
    from bench.core.errors import BadInput
    from masks import MaskError, contact_sheet

    target = out or folder.with_name(f"{folder.name}.png")
    try:
        shown = contact_sheet(folder, target, count)
    except MaskError as error:
        raise BadInput(str(error)) from None
    typer.echo(f"{target}: {counted(shown, 'edit')}")


def _sites(dataset: Dataset, fit: Fit, samples: int) -> Iterator[tuple[Site, int]]:
    from masks import Site

    for name in dataset.ids:
        scene = dataset.read(name, fit)
        classes = dataset.space.classes
        site = Site(dataset.name, name, scene.labels, scene.instances, classes)
        for sample in range(samples):
            yield site, sample

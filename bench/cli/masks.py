"""`siebench masks`: edits as packs of PNGs with a manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.terminal.options import TrustPlugin
from bench.cli.terminal.targets import Force
from bench.cli.terminal.values import named_values
from bench.core.documents import is_folder
from bench.core.text import counted

if TYPE_CHECKING:
    from bench.datasets import Dataset, Fit
    from masks import Site

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Edits as packs of PNGs with a manifest.")


Data = Annotated[str, typer.Option(metavar="NAME=PATH", help="A dataset and its folder.")]
Split = Annotated[str | None, typer.Option(help="A split of the dataset.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most N scenes.")]


@app.command("list")
def list_protocols() -> None:
    """List the protocols: what each asks for, its parameters and their defaults."""
    import dataclasses

    from bench.core.errors import BadInput
    from bench.suite.protocols import describe_protocol, protocol_keys

    for key in protocol_keys():
        try:
            one = describe_protocol(key)
        except BadInput as error:
            typer.echo(f"{key} cannot be used: {error}")
            continue
        typer.echo(f"{one.key} ({one.operation}): {one.summary}")
        for parameter in one.parameters:
            needed = parameter.default is dataclasses.MISSING
            default = "required" if needed else f"= {parameter.default!r}"
            meaning = f": {parameter.summary}" if parameter.summary else ""
            typer.echo(f"    {parameter.name} {default}{meaning} ({parameter.expected})")


@app.command()
def make(
    protocol: Annotated[
        str,
        typer.Argument(help="A protocol, as in freeform@1, or package.module:attribute."),
    ],
    data: Data,
    out: Annotated[Path, typer.Option(help="The pack's folder.")],
    seed: Annotated[int, typer.Option(min=0, help="The seed of all edits.")] = 0,
    samples: Annotated[int, typer.Option(min=1, max=4096, help="Edits a scene.")] = 1,
    split: Split = None,
    limit: Limit = None,
    size: Annotated[int, typer.Option(min=8, max=8192, help="Pixels a side.")] = 256,
    fit: Annotated[str, typer.Option(help="crop, resize or native.")] = "crop",
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Of the protocol; YAML values.")
    ] = None,
    trust: TrustPlugin = False,
) -> None:
    """Draw a dataset's edits and write them as a pack; says why edits are impossible.

    A dataset that siebench draws itself has no folder: --data procedural-rooms= will do. Exit code 1:
    not one edit could be made.
    """
    from bench.core.errors import BadInput
    from bench.datasets import Fit
    from bench.suite.protocols import asked, make_protocol
    from masks import MaskError, write_pack

    if fit not in ("crop", "resize", "native"):
        raise BadInput(f"--fit {fit!r}: expected crop, resize or native")
    dataset = _dataset(data, split, limit, trust)
    brought = Fit(None if fit == "native" else (size, size), fit)  # type: ignore[arg-type]  # checked above
    made = make_protocol(protocol, named_values(parameter or [], "--parameter"), trust=trust)
    try:
        with asked(made, "drawing its edits"):
            manifest = write_pack(
                out,
                made.paired_with(dataset.ids),
                _sites(dataset, brought, samples),
                seed=seed,
                fingerprint=dataset.fingerprint(),
            )
    except MaskError as error:
        raise BadInput(str(error)) from None
    typer.echo(f"{out}: {counted(manifest.edits, 'edit')}, {manifest.impossible} impossible")
    _tell_impossible(out)
    if not manifest.edits:
        raise typer.Exit(1)


def _tell_impossible(pack: Path) -> None:
    """Why edits could not be made, the most frequent reasons first."""
    from bench.cli.terminal.outcome import tell_reasons
    from masks.packs.manifest import entries

    reasons = Counter(one.impossible for one in entries(pack) if one.impossible is not None)
    tell_reasons(reasons.most_common(), "edits.jsonl")


@app.command()
def pairs(
    folder: Annotated[Path, typer.Argument(help="A folder of masks, PNG files.")],
    data: Data,
    sort: Annotated[
        bool, typer.Option("--sorted", help="Pair in sorted order, not by stem.")
    ] = False,
    split: Split = None,
    limit: Limit = None,
    trust: TrustPlugin = False,
) -> None:
    """Show which mask of a folder goes with which scene, and what is left over.

    Exit code 1: a scene has no mask. predefined@1 pairs masks and scenes in just this way.
    """
    from bench.core.errors import BadInput
    from masks import MaskError, Predefined

    ids = _dataset(data, split, limit, trust).ids
    try:
        masks = Predefined(folder=str(folder), pairing="sorted" if sort else "stem")
        found = masks.pairs(ids)
        for scene, mask in found.masks.items():
            typer.echo(f"{scene}: {mask}")
        for what, names in (
            ("scenes without a mask", found.unmasked),
            ("masks without a scene", found.left_over),
            ("other files, which are not read", found.ignored),
        ):
            if names:
                typer.echo(f"{what}: {', '.join(names)}")
        if found.unmasked:
            raise typer.Exit(1)
        masks.paired_with(ids)
    except MaskError as error:
        raise BadInput(str(error)) from None


@app.command()
def verify(folder: Annotated[Path, typer.Argument(help="A pack.")]) -> None:
    """Prove a pack byte for byte; says which file differs (exit code 1)."""
    from bench.core.errors import BadInput
    from bench.suite.protocols import protocol_class
    from masks import MaskError, Protocol, verify_pack

    def find(key: str) -> type[Protocol]:
        try:
            return protocol_class(key)
        except BadInput as error:
            raise MaskError(str(error)) from None

    if not (folder / "manifest.json").is_file():
        raise BadInput(f"{folder}: is no pack (it has no manifest.json); see `siebench masks make`")
    problems = verify_pack(folder, find)
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
    force: Force = False,
) -> None:
    """Draw a contact sheet of a pack."""
    from bench.core.atomic import refuse_loss
    from bench.core.errors import BadInput
    from bench.core.images import PNG_MARK
    from masks import MaskError, contact_sheet

    if not (folder / "manifest.json").is_file():
        raise BadInput(
            f"{folder}: is no pack (it has no manifest.json); for a folder of masks see "
            "`siebench masks pairs`"
        )
    target = out or folder.with_name(f"{folder.name}.png")
    refuse_loss(target, ours=PNG_MARK, force=force)
    try:
        shown = contact_sheet(folder, target, count)
    except MaskError as error:
        raise BadInput(str(error)) from None
    typer.echo(f"{target}: {counted(shown, 'edit')}")


def _dataset(data: str, split: str | None, limit: int | None, trust: bool) -> Dataset:
    """The dataset of `--data NAME=PATH`; one that siebench draws itself has no folder."""
    from bench.datasets import describe, open_dataset
    from bench.run.data import parse_data

    name, _, path = data.partition("=")
    drawn = (path or not is_folder(Path(data))) and describe(name, trust=trust).drawn
    place = None if drawn else parse_data([data])[name]
    return open_dataset(name, place, split=split, count=limit, trust=trust)


def _sites(dataset: Dataset, fit: Fit, samples: int) -> Iterator[tuple[Site, int]]:
    from masks import Site

    for name in dataset.ids:
        scene = dataset.read(name, fit)
        classes = dataset.space.classes
        site = Site(dataset.name, name, scene.labels, scene.instances, classes)
        for sample in range(samples):
            yield site, sample

"""`siebench models`: editors, published systems, and official checkpoints made into weights files."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.terminal.targets import WEIGHTS, Force
from bench.cli.terminal.values import named_values
from bench.plugins.options import option_lines

if TYPE_CHECKING:
    from bench.plugins.systems import System

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="Registered editors, published systems and their weights."
)


@app.command("list")
def list_models() -> None:
    """List the registered editors and published systems; a broken one is listed with its reason."""
    from bench.plugins.editors import declared_needs, declared_variants
    from bench.plugins.kinds import EDITORS, SYSTEMS

    typer.echo("editors")
    for editor in EDITORS.plugins():
        about = editor.summary if editor.problem is None else f"cannot be used: {editor.problem}"
        needs = sorted(declared_needs(editor.value))
        more = f"  [needs {', '.join(needs)}]" if needs else ""
        typer.echo(f"  {editor.name}: {about}{more}")
        variants = declared_variants(editor.value)
        if variants:
            typer.echo(f"      variants: {', '.join(variants)}")
        typer.echo(f"      from {editor.source} ({editor.target})")
    typer.echo("systems")
    for system in SYSTEMS.plugins():
        about = system.summary if system.problem is None else f"cannot be used: {system.problem}"
        typer.echo(f"  {system.name}: {about}")
        if system.value is not None:
            typer.echo(f"      {system.value.paper}")
            typer.echo(f"      {', '.join(_parts(system.value))}")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The name of an editor or a system.")],
    cost: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[=PATH]", help="Measure what an edit of this dataset's scenes takes."
        ),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Of the editor; YAML values.")
    ] = None,
    size: Annotated[int, typer.Option(min=16, max=2048, help="Pixels a side, for --cost.")] = 256,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda ..., for --cost.")] = "cpu",
    trust: Annotated[bool, typer.Option("--trust", help="Let it run foreign code.")] = False,
) -> None:
    """Show one editor or system: its source, paper, variants, options and, on demand, its costs."""
    from bench.plugins.editors import declared_needs, declared_variants
    from bench.plugins.kinds import EDITORS, SYSTEMS

    if name in SYSTEMS.names():
        typer.echo("\n".join(_described(SYSTEMS.get(name))))
        if name not in EDITORS.names():
            return
        typer.echo("")
    editor = EDITORS.find(name, trust=trust)
    factory = editor.usable()
    typer.echo(f"{editor.name} ({editor.target}, from {editor.source})\n")
    typer.echo(inspect.getdoc(factory) or "")
    needs = ", ".join(sorted(declared_needs(factory)))
    typer.echo(f"\nneeds: {needs or 'nothing but the masked image'}")
    variants = declared_variants(factory)
    if variants:
        typer.echo(f"variants: {', '.join(variants)}")
    typer.echo("options:")
    typer.echo("\n".join(f"  {line}" for line in option_lines(factory)) or "  none")
    if cost is not None:
        from bench.core.device import choose_device
        from bench.run.trial import measure_costs

        device = choose_device(device)
        given = named_values(option or [], "--option")
        dataset, _, path = cost.partition("=")
        taken = measure_costs(
            name, given, dataset=dataset, path=path or None, size=size, device=device, trust=trust
        )
        typer.echo(f"costs of one edit at {size}x{size} on {device}:")
        for what, value in taken.items():
            typer.echo(f"  {what}: {value}")


@app.command("import")
def import_weights(
    system: Annotated[str, typer.Argument(help="The published system, as in `sesame`.")],
    file: Annotated[
        Path,
        typer.Argument(help="The official checkpoint, or a folder of several; no code in it runs."),
    ],
    out: Annotated[Path, typer.Option(help="The safetensors file to write.")],
    variant: Annotated[
        str | None, typer.Option(help="The system's form; its first if left out.")
    ] = None,
    label_space: Annotated[
        str | None,
        typer.Option(help="What the network counts in, as `siebench datasets list` names it."),
    ] = None,
    style_codes: Annotated[
        Path | None,
        typer.Option(
            help="SEAN's or Pix2PixHD's folder of codes, DivSem's style bank, SIEDOB's objects."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Where the file keeps the tensors, as in state_dict.generator."),
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE of the configuration (YAML), repeatable.")
    ] = None,
    force: Force = False,
) -> None:
    """Check an official checkpoint name by name and write it as a weights file with a card."""
    from bench.core.atomic import refuse_loss
    from bench.plugins.kinds import SYSTEMS

    refuse_loss(out, inputs=[file, style_codes], ours=WEIGHTS, force=force)
    card = SYSTEMS.get(system).import_weights(
        file,
        out,
        variant=variant,
        label_space=label_space,
        style_codes=style_codes,
        key=key,
        options=named_values(field or [], "--field"),
    )
    typer.echo(f"{out}")
    for name, value in card.model_dump().items():
        typer.echo(f"  {name}: {value}")


@app.command()
def score(
    run: Annotated[Path, typer.Argument(help="A finished run of the networks and their rivals.")],
    cards: Annotated[Path, typer.Option(help="The folder with NAME.json beside NAME.safetensors.")],
    by: Annotated[
        str, typer.Option(help="Scores by which a network must beat every rival, with commas.")
    ] = "lpips-alex,miou-hole",
) -> None:
    """Write a run's scores into the cards of its networks, and whether each beats its rivals."""
    from bench.judge.compare.cards import write_card_scores

    said = {True: "beats every rival", False: "does not beat every rival", None: "not judged"}
    for card, beats in write_card_scores(run, cards, by.split(",")).items():
        typer.echo(f"{card}: {said[beats]}")


def _parts(system: System) -> list[str]:
    """What can be done with a system."""
    from bench.plugins.systems import PARTS

    does = {"importer": "can be imported", "editor": "edits", "trainer": "can be trained"}
    return [does[part] for part in PARTS if getattr(system, part) is not None]


def _described(system: System) -> list[str]:
    """A system in lines: paper, protocol page, variants, and what can be done with it."""
    lines = [f"{system.about}", f"paper: {system.paper}"]
    if system.protocol is not None:
        lines.append(f"facts: {system.protocol}")
    lines.append(f"variants: {', '.join(system.variants)}")
    if system.trainer is not None:
        lines.append(f"training configurations: {', '.join(system.trainer.presets)}")
    lines += [f"no {part}: {why}" for part, why in system.lacks.items()]
    return lines

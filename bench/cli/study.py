"""`siebench study`: asking people, and counting their answers."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.terminal.targets import STUDY_JSON, STUDY_LATEX, STUDY_MARKDOWN, Force

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Human studies: ask people, and count the answers.")


class _Question(str, Enum):
    """`bench.study.form.Question`, spelt for the command line."""

    better = "better"
    real = "real"
    style = "style"
    removed = "removed"


class _Form(str, Enum):
    """`bench.study.form.Form`, spelt for the command line."""

    pair = "pair"
    pick = "pick"
    timed = "timed"
    opinion = "opinion"


class _Before(str, Enum):
    auto = "auto"
    show = "show"
    hide = "hide"


@app.command()
def make(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    methods: Annotated[str, typer.Option(metavar="A,B", help="The methods to compare.")],
    out: Annotated[Path, typer.Option(help="The folder to host; new or empty.")],
    question: Annotated[
        _Question,
        typer.Option(help="Which is better, looks more real, keeps the style, removed the object."),
    ] = _Question.better,
    form: Annotated[
        _Form,
        typer.Option(
            help="Pairs, the best of all, real or edited at a glance, a grade from 1 to 5."
        ),
    ] = _Form.pair,
    ties: Annotated[
        bool, typer.Option("--ties", help="Let raters say that there is none.")
    ] = False,
    pairs: Annotated[
        int, typer.Option(min=1, help="How many different pairs (images, sets) are asked about.")
    ] = 300,
    per_rater: Annotated[
        int, typer.Option(min=1, help="How many of them one rater is asked at most.")
    ] = 60,
    raters: Annotated[int, typer.Option(min=1, help="For how many raters there are sheets.")] = 50,
    controls: Annotated[
        int, typer.Option(min=0, max=100, help="Questions a rater whose answer is known.")
    ] = 8,
    repeats: Annotated[
        int, typer.Option(min=0, max=100, help="Questions a rater that are asked twice.")
    ] = 4,
    seconds: Annotated[
        float | None,
        typer.Option(min=0, max=600, help="How long a timed image is shown, 0 = no limit (1)."),
    ] = None,
    tasks: Annotated[
        list[str] | None,
        typer.Option("--task", help="A task of the run; repeatable (all that fit)."),
    ] = None,
    before: Annotated[
        _Before,
        typer.Option(help="Show the image before the edit; auto: unless asked what is real."),
    ] = _Before.auto,
    language: Annotated[str, typer.Option(help="en, de, or a YAML file with the texts.")] = "en",
    post: Annotated[
        str,
        typer.Option(metavar="URL", help="Where finished answers go; else they are downloaded."),
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="The seed of pairs, sides and order.")] = 0,
    key: Annotated[
        Path | None, typer.Option(help="The file that says which image is whose (OUT.key.json).")
    ] = None,
) -> None:
    """Make a study from a run's results: a folder for any static host, and a key to keep.

    The folder names no method: images have random names and equal sizes. Whoever has the key can tell
    them, so do not host it.
    """
    from bench.study.make import make_study, summary

    made = make_study(
        run,
        out,
        methods=[name.strip() for name in methods.split(",") if name.strip()],
        question=question.value,
        form=form.value,
        ties=ties,
        pairs=pairs,
        per_rater=per_rater,
        raters=raters,
        controls=controls,
        repeats=repeats,
        seconds=seconds,
        tasks=tasks,
        before=before.value,
        language=language,
        post=post,
        seed=seed,
        key=key,
    )
    typer.echo(summary(made))


@app.command()
def serve(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that make wrote.")],
    host: Annotated[
        str, typer.Option(help="The address to listen at; 0.0.0.0 = every address of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 = any that is free.")] = 8080,
    answers: Annotated[
        Path | None, typer.Option(help="Where answers are stored (default: DIR.answers).")
    ] = None,
) -> None:
    """Serve a study to the raters of a lab and store their answers, until Ctrl+C.

    What a rater's page was told is stored is on the disk. Start it again after a crash: the pages go on by
    themselves.
    """
    from bench.core.text import counted
    from bench.study.serve import StudyServer

    server = StudyServer(folder, host, port, answers)
    typer.echo(f"study:   {server.address} (add ?rater=NAME to name the rater)")
    typer.echo(f"answers: {server.answers_folder}", nl=True)
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        store = server.store
        typer.echo(f"\n{counted(store.raters, 'rater')}, {store.finished} finished")
    finally:
        server.server_close()


@app.command()
def read(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that make wrote.")],
    answers: Annotated[
        list[Path] | None,
        typer.Argument(metavar="ANSWERS", help="Files of answers, or folders (DIR.answers)."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="The study's key (default: DIR.key.json).")
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(help="The run, where it lies elsewhere now; metrics come from it."),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write everything; `report --study` reads it."),
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the tables as Markdown.")] = None,
    latex: Annotated[Path | None, typer.Option(help="Write the tables as LaTeX.")] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw the figures as SVG and PDF.")
    ] = None,
    force: Force = False,
) -> None:
    """Count a study's answers: shares and strengths with intervals, raters, metrics against people."""
    from bench.core.atomic import refuse_losses, write_json, write_text
    from bench.study.read import read_study
    from reports.export.study import study_latex, study_lines, study_markdown

    outs = {
        "--json": (json_file, STUDY_JSON),
        "--markdown": (markdown, STUDY_MARKDOWN),
        "--latex": (latex, STUDY_LATEX),
    }
    refuse_losses(outs, inputs=[*(answers or ()), key], force=force)
    found = read_study(folder, answers, key=key, run=run)
    if json_file is not None:
        write_json(json_file, found.model_dump(mode="json"))
    if markdown is not None:
        write_text(markdown, study_markdown(found))
    if latex is not None:
        write_text(latex, study_latex(found))
    typer.echo("\n".join(study_lines(found)))
    if figures is not None:
        from reports.figures.study import write_study_figures

        for path in write_study_figures(found, figures, force=force):
            typer.echo(str(path))


@app.command()
def count(
    votes: Annotated[
        list[str],
        typer.Argument(metavar="NAME=VOTES", help="A published count, method by method."),
    ],
) -> None:
    """Put intervals on votes that a paper printed: Wilson's, as if every vote were independent.

    Votes of one rater are alike, so the true interval is wider; a paper that prints only its counts does not
    say by how much.
    """
    from bench.study.intervals import published_shares

    for line in published_shares(votes):
        typer.echo(line)

"""`sebench suites`: the shipped suites and the schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Shipped suites, and the schema of your own.")


@app.command("list")
def list_suites() -> None:
    """List the shipped suites."""
    from rich.console import Console
    from rich.table import Table

    from bench.suite import load_suite, suite_names

    table = Table("suite", "tasks", "methods", "what it is")
    for name in suite_names():
        suite = load_suite(name)
        tasks, methods = len(suite.single_tasks()), len(suite.methods)
        table.add_row(name, str(tasks), str(methods), suite.title or "")
    Console().print(table)


@app.command()
def show(suite: Annotated[str, typer.Argument(help="A shipped suite or a YAML file.")]) -> None:
    """Show a suite as it was understood, every list written out."""
    import yaml

    from bench.suite import load_suite

    checked = load_suite(suite)
    plain = checked.model_dump(mode="json", exclude_defaults=True)
    plain["tasks"] = [
        task.model_dump(mode="json", exclude_defaults=True) for task in checked.single_tasks()
    ]
    typer.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), nl=False)


@app.command()
def check(suite: Annotated[Path, typer.Argument(help="A YAML file.")]) -> None:
    """Check a suite file; says which line is wrong and what was expected there."""
    from bench.suite import read_suite
    from bench.suite_check import suite_problems

    problems = suite_problems(*read_suite(suite))
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(2)
    typer.echo(f"{suite}: good")


@app.command()
def schema() -> None:
    """Print the JSON Schema of suite files, for editors that complete and check YAML."""
    from bench.suite import Suite

    typer.echo(json.dumps(Suite.model_json_schema(), indent=1))

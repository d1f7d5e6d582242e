"""`siebench suites`: the shipped suites and the schema."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["app"]

Trust = Annotated[bool, typer.Option("--trust", help="Import the modules that the suite names.")]

app = typer.Typer(no_args_is_help=True, help="Shipped suites, and the schema of your own.")


@app.command("list")
def list_suites() -> None:
    """List the shipped suites."""
    from rich.console import Console
    from rich.table import Table

    from bench.suite.schema import load_suite, suite_names

    table = Table("suite", "tasks", "methods", "what it is")
    for name in suite_names():
        suite = load_suite(name)
        tasks, methods = len(suite.single_tasks()), len(suite.methods)
        table.add_row(name, str(tasks), str(methods), suite.title or "")
    Console().print(table)


@app.command()
def show(
    suite: Annotated[str, typer.Argument(help="A shipped suite or a YAML file.")],
    trust: Trust = False,
) -> None:
    """Show a suite as it was understood: every list and every default written out."""
    import yaml

    from bench.suite.resolved import resolved
    from bench.suite.schema import load_suite

    plain = resolved(load_suite(suite), trust=trust)
    typer.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), nl=False)


@app.command()
def check(
    suite: Annotated[str, typer.Argument(help="A YAML file, or a shipped suite's name.")],
    trust: Trust = False,
) -> None:
    """Check a suite file; says which line is wrong and what was expected there."""
    from bench.core.text import shortened
    from bench.run.plan import pairing_problems
    from bench.suite.check import suite_problems
    from bench.suite.schema import read_suite

    read, text, source = read_suite(suite)
    problems = suite_problems(read, text, source, trust=trust)
    if not problems:
        problems = [f"{source}: {one}" for one in pairing_problems(read, trust=trust)]
    for problem in problems:
        typer.echo(shortened(problem), err=True)
    if problems:
        raise typer.Exit(2)
    typer.echo(f"{suite}: good")


@app.command()
def schema(
    path: Annotated[
        bool, typer.Option("--path", help="Print where the file lies, not what it holds.")
    ] = False,
) -> None:
    """Print the JSON Schema of suite files, for editors that complete and check YAML."""
    from bench.suite.json_schema import SHIPPED_SCHEMA, suite_schema_text

    typer.echo(SHIPPED_SCHEMA if path else suite_schema_text(), nl=path)

"""Commands that plugins contribute stand beside ours."""

import pytest

from bench.cli.conformance import check_command
from bench.plugins.kinds import COMMANDS

GREET = """
import typer
from typing import Annotated

def greet(name: Annotated[str, typer.Argument(help="Who.")]) -> None:
    "Greet somebody."
    typer.echo(f"hello {name}")

def run() -> None:
    "Not ours."
    typer.echo("theirs")
"""


@pytest.fixture
def plugin(install):
    """An installed package with two commands of which one has the name of ours, and a broken one."""
    commands = {"greet": "greeting:greet", "run": "greeting:run", "broken": "greeting:nothing"}
    install("greetings", {"commands": commands}, {"greeting": GREET})


def test_a_command_of_a_package_is_called_by_its_name(call, plugin):
    assert call("greet", "you") == (0, "hello you\n", "")
    code, out, _ = call("--help")
    assert code == 0
    assert "Greet somebody." in out


def test_one_that_cannot_be_imported_is_listed_and_says_why(call, plugin):
    code, out, _ = call("--help")
    assert code == 0
    assert "Cannot be used" in out
    code, _, err = call("broken")
    assert code == 2
    assert "command 'broken' (greeting:nothing): cannot be imported (AttributeError" in err


def test_our_own_commands_keep_their_names(call, plugin):
    code, out, _ = call("run", "--help")
    assert code == 0
    assert "theirs" not in out
    assert "SUITE" in out.upper()


def test_a_command_that_explains_nothing_does_not_conform():
    def silent(count: int) -> None:
        pass

    found = check_command(silent)
    assert any("says nothing of itself; give it a docstring" in one for one in found)
    assert any("count: says nothing of itself; give it help=" in one for one in found)
    assert check_command(COMMANDS.get("zoo")) == []

"""Every command that a page shows is one that there is, with options that it has."""

import re
import shlex

import pytest
import typer

from bench.cli.app import app
from tests.docs.pages import DOCS, blocks

ROOT = DOCS.parent
FILES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def shown(file):
    """The commands of a page: lines of its code blocks, and what stands between backticks."""
    text = file.read_text(encoding="utf-8")
    for block in blocks(text):
        for line in block.text.splitlines():
            if re.match(r"\s*(- |\$ )?([A-Z_]+=\S+ )*siebench ", line):
                yield line.strip()
    yield from re.findall(r"`(siebench [^`\n]+)`", text)


ALL = typer.main.get_command(app)
SHOWN = [(file, line) for file in FILES for line in shown(file)]


def test_pages_show_commands():
    assert len(SHOWN) > 50


@pytest.mark.parametrize(("file", "line"), SHOWN, ids=lambda value: str(value)[-60:])
def test_a_shown_command_exists_and_has_its_options(file, line):
    words = shlex.split(line, comments=True)
    words = words[words.index("siebench") + 1 :]
    command = ALL
    while hasattr(command, "get_command") and words and words[0] != "--help":
        name = words.pop(0)
        if name == "COMMAND":
            return
        if name.startswith("--"):
            of_all = {option for parameter in command.params for option in parameter.opts}
            assert name in of_all, f"{file.name}: {line}: no option {name!r} of all commands"
            continue
        command = command.get_command(command.context_class(command), name)
        assert command is not None, f"{file.name}: {line}: no command {name!r}"
    known = {option for parameter in command.params for option in parameter.opts}
    known |= {o for parameter in command.params for o in parameter.secondary_opts} | {"--help"}
    for word in words:
        if word.startswith("--"):
            assert word.split("=")[0] in known, f"{file.name}: {line}: no option {word!r}"

"""Follows a page as its reader would: writes its files, gives its commands, runs its Python.

Of a page's code blocks these are followed, in the order of the page:

- a block with a title is a file of that name in the reader's folder;
- in a `console` block each line that begins with "$ siebench" is a command. It must end with exit code 0,
  or with the code that a comment behind it names ("# exit code 1");
- a `python` block without a title runs; the blocks of a page share their names.

Other blocks (`sh`, `text`, `yaml` without a title) show and are not followed.
"""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import bench.cli

DOCS = Path(__file__).parents[2] / "docs"

_BLOCK = re.compile(r"^```(\w+)(?: title=\"(.+?)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A code block: its language, its title or "", its text and the line where the text begins."""

    language: str
    title: str
    text: str
    line: int


def blocks(text):
    """The code blocks of a page's text, in order."""
    return [
        Block(found[1], found[2] or "", found[3], text[: found.start(3)].count("\n") + 1)
        for found in _BLOCK.finditer(text)
    ]


def follow(page, monkeypatch, names=None):
    """Follows a page of docs/ in the current folder; gives the names that its Python left."""
    names = {"__name__": "page"} if names is None else names
    for block in blocks((DOCS / page).read_text(encoding="utf-8")):
        where = f"docs/{page}, line {block.line}"
        if block.title:
            Path(block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            # As many empty lines before it as the page has: a traceback then names the page's line.
            source = "\n" * (block.line - 1) + block.text
            exec(compile(source, str(DOCS / page), "exec"), names)
        elif block.language == "console":
            for line in block.text.splitlines():
                command, _, comment = line.partition("#")
                wanted = re.search(r"exit code (\d+)", comment)
                ended = give(command, monkeypatch)
                assert ended == int(wanted[1] if wanted else 0), f"{where}: {line}: ended {ended}"
    return names


def give(command, monkeypatch):
    """Gives a command as a page shows it, "$ siebench ..."; its exit code."""
    dollar, *words = shlex.split(command)
    assert (dollar, words[0]) == ("$", "siebench"), command
    monkeypatch.setattr("sys.argv", words)
    try:
        bench.cli.main()
    except SystemExit as end:
        return end.code or 0
    return 0


def follow_notebook(notebook):
    """Runs a notebook's code cells, one after another, without windows; gives the names they left."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    names = {"__name__": "notebook"}
    cells = json.loads((DOCS / notebook).read_text(encoding="utf-8"))["cells"]
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{notebook}, cell {number}", "exec"), names)
    plt.close("all")
    return names

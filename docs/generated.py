"""The parts of the reference pages that are made from the code, so that they cannot rot.

A page holds a line `<!-- generated: NAME -->`; the site's build puts what the function NAME of this
module gives in its place, and leaves out the paragraph above it that begins with `WITHOUT_SITE`: it is for
those who read the page's source. `makeExtension` is what Markdown calls; see `mkdocs.yml`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, get_args, get_type_hints

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

__all__ = ["MADE", "WITHOUT_SITE", "makeExtension"]

WITHOUT_SITE = "*Made from the code, for the site that"
"""How the line begins that stands above a mark and says where its part can be read."""

_MARK = re.compile(r"<!-- generated: ([a-z-]+) -->")


def commands() -> str:
    """Every command with its arguments and options, from its help."""
    import typer

    from bench.cli.app import app

    return "\n\n".join(_commands(typer.main.get_command(app), ()))


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    if not hasattr(command, "list_commands"):
        yield _command(command, " ".join(path))
        return
    if path:
        yield f"## {' '.join(path)}\n\n{_text(command.help)}"
    context = command.context_class(command)
    for name in command.list_commands(context):
        yield from _commands(command.get_command(context, name), (*path, name))


def _command(command: Any, name: str) -> str:
    kinds = get_type_hints(inspect.unwrap(command.callback)) if command.callback else {}
    shown = [p for p in command.params if not getattr(p, "hidden", False) and p.name != "help"]
    arguments = [p for p in shown if not p.opts[0].startswith("-")]
    options = [p for p in shown if p.opts[0].startswith("-")]
    words = [_argument(p) for p in arguments]
    words += [f"{p.opts[0]} {_value(p)}" for p in options if p.required]
    usage = " ".join(["siebench", name, *words, *(["[OPTIONS]"] if options else [])])
    parts = [f"{'##' if ' ' not in name else '###'} {name}", f"```text\n{usage}\n```"]
    parts.append(_text(command.help))
    rows = [(f"`{_argument(p)}`", _text(p.help)) for p in arguments]
    for option in options:
        flag = kinds.get(option.name) is bool
        names = ", ".join(option.opts) + ("" if flag else f" {_value(option)}")
        meaning = _text(option.help) + _words(kinds.get(option.name)) + _default(option, flag=flag)
        rows.append((f"`{names}`", meaning))
    if rows:
        parts.append(_table(("argument or option", "meaning"), rows))
    return "\n\n".join(parts)


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _value(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _words(kind: Any) -> str:
    """The words that an option takes, where it takes no others."""
    enums = [
        one for one in (kind, *get_args(kind)) if isinstance(one, type) and issubclass(one, Enum)
    ]
    words = ", ".join(f"`{word.value}`" for one in enums for word in one)
    return f" One of {words}." if words else ""


def _default(option: Any, *, flag: bool) -> str:
    given = option.default
    if option.required:
        return " Required."
    if flag or given is None or callable(given) or given in ([], (), ""):
        return ""
    return f" Default: `{given.value if isinstance(given, Enum) else given}`."


def suite() -> str:
    """Every field of a suite, from the schema."""
    from bench.suite import schema, table

    sections = [
        ("The suite", schema.Suite),
        ("A dataset", schema.DatasetEntry),
        ("A task", schema.TaskEntry),
        ("A method", schema.MethodEntry),
        ("A metric", schema.MetricEntry),
        ("A table", table.TableLayout),
        ("A column of a table", table.TableColumn),
        ("A row of a table", table.TableRow),
    ]
    return "\n\n".join(f"## {title}\n\n{_fields(model)}" for title, model in sections)


def study() -> str:
    """Every field of a study's files, from their schemas."""
    from bench.study import answers, findings, manifest

    sections = [
        ("manifest.json", manifest.Manifest),
        ("A screen", manifest.Screen),
        ("The key", manifest.Key),
        ("What a screen is", manifest.KeyItem),
        ("Answers", answers.AnswerSheet),
        ("An answer", answers.Answer),
        ("What was found", findings.StudyReading),
        ("Of a set of raters", findings.Findings),
        ("Of a method", findings.MethodEstimate),
        ("An estimate", findings.Estimate),
        ("Of two methods", findings.HeadToHead),
        ("A strength", findings.Strength),
        ("The sides", findings.SideBias),
        ("Agreement", findings.Agreement),
        ("Of a rater", findings.RaterRow),
        ("Of a score", findings.MetricAgainstPeople),
    ]
    return "\n\n".join(f"### {title}\n\n{_fields(model)}" for title, model in sections)


def _fields(model: Any) -> str:
    described = _attributes(model)
    rows = []
    for name, field in model.model_fields.items():
        default = "required"
        if not field.is_required():
            default = _yaml(field.get_default(call_default_factory=True))
        meaning = field.description or described.get(name, "")
        aliases = getattr(field.validation_alias, "choices", None) or []
        others = [str(alias) for alias in aliases if alias != name]
        if others:
            meaning = (
                f"{meaning} Also written {', '.join(f'`{other}`' for other in others)}.".strip()
            )
        rows.append((f"`{name}`", _kind(field.annotation), default, meaning))
    return _table(("field", "takes", "default", "meaning"), rows)


def _attributes(model: Any) -> dict[str, str]:
    """The Attributes section of a docstring: "a, b: meaning" by name."""
    text = inspect.getdoc(model) or ""
    _, _, listed = text.partition("Attributes:\n")
    found = {}
    for entry in re.split(r"\n(?=    \S)", listed.split("\n\n")[0]):
        names, colon, meaning = " ".join(entry.split()).partition(": ")
        if colon:
            found.update(dict.fromkeys(names.split(", "), meaning))
    return found


def _kind(hint: Any) -> str:
    """A type in the words of YAML."""
    from pydantic import BaseModel

    plain = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    plain |= {type(None): "nothing", Any: "anything"}
    if hint in plain:
        return plain[hint]
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return "a mapping"
    origin, inside = getattr(hint, "__origin__", None), get_args(hint)
    if str(hint).startswith("typing.Literal"):
        return ", ".join(f"`{word}`" for word in inside)
    if str(hint).startswith("typing.Annotated"):
        return _kind(inside[0])
    if origin in (list, tuple):
        parts = list(dict.fromkeys(_kind(part) for part in inside if part is not Ellipsis))
        return (
            f"a list of {' or '.join(parts)}"
            if Ellipsis in inside or origin is list
            else (f"[{', '.join(_kind(part) for part in inside)}]")
        )
    if (inspect.isclass(origin) and issubclass(origin, dict)) or "Mapping" in str(origin):
        return "a mapping"
    if inside:
        return " or ".join(dict.fromkeys(_kind(p) for p in inside if p is not type(None)))
    return str(getattr(hint, "__name__", hint))


def _yaml(value: Any) -> str:
    """A default as YAML has it; nothing where a field is simply left out."""
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        inside = ", ".join(f"{name}: {part}" for name, part in value.model_dump().items())
        return f"`{{{inside}}}`"
    if value is None or value in ("", (), {}):
        return ""
    return f"`{list(value) if isinstance(value, tuple) else value}`"


def scores() -> str:
    """Every score with the facts that its metric states."""
    head = ("score", "region", "unit", "better", "is given", "comes from", "margin")
    return _table(head, (_score(fact) for fact in _facts()))


def _facts() -> Iterator[Any]:
    """The scores of every metric; of those that need weights, as runs of format 1 have them."""
    from bench.metrics import Context, Missing, make_metric
    from bench.metrics.facts import FORMER_SCORES
    from bench.plugins.kinds import METRICS

    known = dict(FORMER_SCORES)
    context = Context(cache=None, segmenter="procedural:procedural-rooms")
    for name in METRICS.names():
        metric = make_metric(name, {}, context)
        if not isinstance(metric, Missing):
            known |= {fact.name: fact for fact in metric.scores}
    yield from known.values()


def _score(fact: Any) -> tuple[str, ...]:
    return (
        f"`{fact.name}`",
        _REGIONS[fact.region] + (", classes" if fact.by_class else ""),
        fact.unit,
        fact.better,
        _GIVEN[fact.against],
        "mean over edits" if fact.summary == "mean" else "the whole set",
        "" if fact.better == "neither" else _margin(fact.margin, fact.margin_kind),
    )


_REGIONS = {
    "image": "whole image",
    "mask": "masked region",
    "known": "known pixels",
    "border": "its border",
}
_GIVEN = {"ground-truth": "ground truth", "original": "image before the edit"}


def _margin(size: float, kind: str) -> str:
    if kind == "relative":
        return f"{size * 100:g} %"
    return f"{size:g}{' standard errors' if kind == 'errors' else ''}"


def datasets() -> str:
    """Every registered dataset."""
    from bench.plugins.kinds import DATASETS

    rows = []
    for plugin in DATASETS.plugins():
        info = plugin.usable()
        splits = ", ".join(f"`{split}`" for split in info.splits)
        terms = info.licence.terms
        licence = f"[{info.licence.name}]({terms})" if terms else info.licence.name
        rows.append((f"`{plugin.name}`", plugin.summary, splits, licence))
    return _table(("name", "holds", "splits", "licence"), rows)


def networks() -> str:
    """Every registered feature network."""
    from bench.plugins.kinds import NETWORKS

    rows = ((f"`{plugin.name}`", plugin.summary) for plugin in NETWORKS.plugins())
    return _table(("network", "what it is"), rows)


def layout() -> str:
    """The files of a run, as the module that spells their paths lists them."""
    from bench.run import layout as module

    listed = re.findall(r"^    (\S+) {2,}(.+)$", inspect.getdoc(module) or "", re.MULTILINE)
    return _table(("file", "what it holds"), ((f"`{path}`", holds) for path, holds in listed))


def columns() -> str:
    """Every table of a run with its declared columns."""
    from bench.run import tables

    declared = [value for value in vars(tables).values() if isinstance(value, tables.StoredTable)]
    parts = []
    for table in declared:
        rows = [(f"`{c.name}`", c.kind, _since(c.since) + c.meaning) for c in table.columns]
        if table.of_metrics:
            rows.append(
                ("`METRIC`, `METRIC.state`", "number, numbers", "as each metric gives them")
            )
        parts.append(f"## Table: {table.name}\n\n{_table(('column', 'kind', 'meaning'), rows)}")
    return "\n\n".join(parts)


def _since(version: int) -> str:
    return f"from run format {version}: " if version > 1 else ""


def contradictions() -> str:
    """Every published quantity whose sources do not agree, with what each says."""
    from bench.judge.published import contradictions as found

    rows = (
        (one.dataset, one.task, one.method, one.metric, "<br>".join(map(_printed, one.values)))
        for one in found()
    )
    return _table(("dataset", "task", "method", "metric", "what each source says"), rows)


def _printed(one: Any) -> str:
    paper = one.paper.removeprefix("context: ")
    where = f"{paper}, {one.table}" if paper != "reproduction" else one.source
    note = f": {one.note}" if one.note else ""
    return f"**{one.value:g}** ({one.provenance}: {where}){note}"


def _text(text: str | None) -> str:
    return " ".join((text or "").split())


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


MADE = {
    "columns": columns,
    "commands": commands,
    "contradictions": contradictions,
    "datasets": datasets,
    "layout": layout,
    "networks": networks,
    "scores": scores,
    "study": study,
    "suite": suite,
}
"""What a page may ask for, by name."""


class _Fill(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        filled: list[str] = []
        for line in lines:
            mark = _MARK.fullmatch(line.strip())
            if mark is None:
                filled.append(line)
                continue
            while filled and (not filled[-1].strip() or filled[-1].startswith(WITHOUT_SITE)):
                filled.pop()
            filled += ["", *MADE[mark[1]]().splitlines(), ""]
        return filled


class _Generated(Extension):
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (Markdown's name)
        md.preprocessors.register(_Fill(md), "generated", 40)


def makeExtension(**_: Any) -> Extension:  # noqa: N802 (Markdown's name)
    """What Python-Markdown calls to take the extension up."""
    return _Generated()

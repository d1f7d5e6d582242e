"""A gate's judgement for machines: JUnit XML, GitHub annotations, JSON."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from bench.core.atomic import write_json, write_text
from bench.core.text import portable
from bench.judge.compare.outputs import pair_record
from bench.judge.gate.judgement import Judgement
from bench.judge.gate.report import cost_sentence, sentence

__all__ = [
    "github_annotation",
    "github_annotations",
    "write_gate_json",
    "write_junit",
    "write_testsuite",
]


def github_annotations(judgement: Judgement) -> list[str]:
    """GitHub workflow commands: an error for what is worse, a warning for what is undecided or doubted."""
    found: list[tuple[str, str]] = [(one.verdict, sentence(one)) for one in judgement.checks]
    found += [(cost.verdict, cost_sentence(cost)) for cost in judgement.costs]
    level = {"worse": "error", "undecided": "warning", "not judged": "notice"}
    said = [
        github_annotation(level[verdict], verdict, text)
        for verdict, text in found
        if verdict in level
    ]
    said = said or [f"::notice title=siebench gate::all {len(found)} checks passed"]
    notes = [github_annotation("warning", note.kind, note.text) for note in judgement.notes]
    return said + notes


def github_annotation(level: str, what: str, text: str) -> str:
    """One GitHub workflow command; `level` is "error", "warning" or "notice"."""
    return f"::{level} title=siebench gate%3A {what}::{_escaped(text)}"


def write_junit(judgement: Judgement, path: Path) -> None:
    """Writes JUnit XML: a case a check, worse as a failure, undecided as an error.

    Undecided is no skip, because CI systems count skipped cases as good.
    """
    cases: list[tuple[str, str, str, str]] = [
        (
            f"{check.pair.key.task}.{check.pair.key.method}",
            check.pair.key.score,
            check.verdict,
            sentence(check),
        )
        for check in judgement.checks
    ]
    cases += [
        (f"{cost.task}.{cost.method}", cost.name, cost.verdict, cost_sentence(cost))
        for cost in judgement.costs
    ]
    suite = ET.Element(
        "testsuite", name=f"siebench gate {judgement.run.suite}", tests=str(len(cases))
    )
    tags = {"worse": "failure", "undecided": "error", "not judged": "skipped"}
    for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        count = sum(tags.get(verdict) == tag for _, _, verdict, _ in cases)
        suite.set(attribute, str(count))
    for where, name, verdict, text in cases:
        case = ET.SubElement(suite, "testcase", classname=where, name=name)
        if verdict in tags:
            ET.SubElement(case, tags[verdict], message=text, type=verdict)
        else:
            ET.SubElement(case, "system-out").text = text
    if judgement.notes:
        ET.SubElement(suite, "system-out").text = "\n".join(map(str, judgement.notes))
    write_testsuite(suite, path)


def write_testsuite(suite: ET.Element, path: Path) -> None:
    """Writes one JUnit test suite as a file of its own."""
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    write_text(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{_printable(body)}\n')


def write_gate_json(judgement: Judgement, path: Path) -> None:
    """Writes everything that was found as JSON; numbers that are not finite are null."""
    write_json(
        path,
        {
            "verdict": judgement.verdict,
            "exit_code": judgement.exit_code,
            "run": portable(judgement.run.name),
            "baseline": portable(judgement.baseline.name),
            "policy": judgement.policy.model_dump(mode="json"),
            "checks": [
                {
                    **pair_record(check.pair),
                    "margin": check.margin,
                    "interval": check.interval,
                    "p_holm": check.p,
                    "detectable": check.detectable,
                    "verdict": check.verdict,
                }
                for check in judgement.checks
            ],
            "costs": [
                {
                    "task": cost.task,
                    "method": cost.method,
                    "cost": cost.name,
                    "ratio": cost.ratio,
                    "limit": cost.limit,
                    "note": cost.note,
                    "verdict": cost.verdict,
                }
                for cost in judgement.costs
            ],
            "notes": [{"kind": note.kind, "text": note.text} for note in judgement.notes],
        },
    )


def _escaped(text: str) -> str:
    """Text of a workflow command, as GitHub wants percent and line ends."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _printable(text: str) -> str:
    """Without the control characters that XML 1.0 forbids."""
    return "".join(sign for sign in text if sign in "\t\n\r" or sign >= " ")

"""A gate that could not judge, written where its judgement would stand.

A file of an earlier call can then not pass for this one's, and who reads the files alone learns why.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from bench.core.atomic import write_json, write_text
from bench.core.text import markdown_text, without_folders
from bench.judge.gate.ci import write_testsuite

__all__ = ["NO_VERDICT", "write_refusal"]

NO_VERDICT = "no verdict"


def write_refusal(
    reason: str, *, junit: Path | None, markdown: Path | None, json_file: Path | None
) -> None:
    """Writes the reason as JUnit XML (an error), Markdown and JSON, where they are asked for."""
    said = without_folders(reason)
    if junit is not None:
        suite = ET.Element("testsuite", name=f"siebench gate {NO_VERDICT}", tests="1")
        suite.attrib |= {"failures": "0", "errors": "1", "skipped": "0"}
        case = ET.SubElement(suite, "testcase", classname="siebench", name="gate")
        ET.SubElement(case, "error", message=said, type=NO_VERDICT)
        write_testsuite(suite, junit)
    if markdown is not None:
        write_text(markdown, f"## siebench gate: {NO_VERDICT}\n\n{markdown_text(said)}\n")
    if json_file is not None:
        write_json(json_file, {"verdict": NO_VERDICT, "exit_code": 2, "reason": said})

"""Files that commands write: what is there already and is not ours is not overwritten."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "BASELINE",
    "COMPARISON",
    "COMPARISON_JSON",
    "GATE",
    "GATE_JSON",
    "HISTORY",
    "JUNIT",
    "LATEX",
    "SCORES",
    "SCORES_CSV",
    "STUDY_JSON",
    "STUDY_LATEX",
    "STUDY_MARKDOWN",
    "TRAININGS",
    "TRAININGS_LATEX",
    "TRUTH",
    "WEIGHTS",
    "Force",
]

Force = Annotated[bool, typer.Option("--force", help="Replace a file that siebench did not write.")]
"""The option `--force` of a command that writes files."""

# By these a file of an earlier call is known: regular expressions over its beginning.
BASELINE = rb'\A\{\s*"format": ?\d+,\s*"suite":'
COMPARISON = rb"\A# [^\n]*\n\nThe chance of any false "
COMPARISON_JSON = rb'\A\{\s*"before": "[^\n]*",\s*"after": "[^\n]*",\s*"alpha":'
GATE = rb"\A## siebench gate: "
GATE_JSON = rb'\A\{\s*"verdict": "[^\n]*",\s*"exit_code":'
LATEX = rb"\A% Written by siebench export"
HISTORY = rb"<title>History \xc2\xb7 siebench</title>"
JUNIT = rb'<testsuite name="siebench gate '
SCORES = (
    rb'\A\{\s*"scores": (?:\[|\{\s*"[^\n]*": \{\s*"scores": \[)'
    rb'.{0,60000}"paired": (?:true|false),\s*"inputs": \{\s*"real": \{'
)
SCORES_CSV = rb"\Aimage,reference,result[,\n]"
STUDY_JSON = rb'\A\{\s*"format": 1,\s*"study":'
STUDY_LATEX = rb"\A% siebench study "
STUDY_MARKDOWN = rb"\A## What people said: "
TRAININGS = rb"\A95 % intervals over trainings and scenes; "
TRAININGS_LATEX = rb"\A% siebench trainings\n"
TRUTH = rb"\A\| score \| needs a ground truth \|"
WEIGHTS = rb'\A.{8}\{"__metadata__":\{"sebench\.card":'

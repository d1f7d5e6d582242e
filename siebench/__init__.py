"""siebench measures semantic image editing: the same edits, exact metrics, honest intervals.

    import siebench

    run = siebench.run_suite("demo", out="runs/demo")
    scores = siebench.score_folders("real", "fake", metrics=["psnr", "lpips-alex"])

What this module exports is the public API; the packages behind it (`bench`, `masks`, `baselines`,
`reports`) may move. Everything is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from bench import __version__

if TYPE_CHECKING:
    from bench.batch import EditBatch, Reference
    from bench.core.errors import BadInput, EditFailed, Unavailable
    from bench.datasets import Dataset, DatasetInfo, Fit, Licence, open_dataset
    from bench.judge.against_truth import AgreementWithTruth, against_truth
    from bench.judge.baseline import save_baseline
    from bench.judge.compare import FolderComparison, compare, compare_folders
    from bench.judge.gate import gate
    from bench.judge.history import History, read_history
    from bench.metrics import (
        Columns,
        Context,
        Estimate,
        Metric,
        PerEdit,
        PreparedReferences,
        References,
        Score,
        ScoreInfo,
    )
    from bench.networks.feature_network import FeatureNetwork
    from bench.networks.segmenters import Segmenter
    from bench.plugins.editors import Editor, TaskFacts
    from bench.plugins.registry import Plugin, Registry
    from bench.plugins.systems import Importer, System, Trainer, train
    from bench.run.certify import Certificate, certify
    from bench.run.job import Executor, Job
    from bench.run.outcome import Outcome
    from bench.run.reader import Run, read_run
    from bench.run.reduce_run import reduce_run
    from bench.run.score import FolderScores, score_folders
    from bench.run.shards import ShardRef, Shards
    from bench.run.status import Status, run_status
    from bench.run.suite_run import run_part, run_suite
    from bench.run.take_part import take_part
    from bench.run.verify import verify_run
    from bench.scene import LabelSpace, Scene
    from bench.study.findings import StudyReading
    from bench.study.make import MadeStudy, make_study
    from bench.study.read import read_study
    from bench.study.serve import StudyServer
    from bench.suite.schema import Suite, load_suite
    from masks import DrawnEdit, Impossible, MaskError, Protocol, Site, inpaint
    from reports.destinations import export_to
    from reports.export import export
    from reports.report import report
    from reports.view import ViewServer
    from siebench import testing

__all__ = [
    "AgreementWithTruth",
    "BadInput",
    "Certificate",
    "Columns",
    "Context",
    "Dataset",
    "DatasetInfo",
    "DrawnEdit",
    "EditBatch",
    "EditFailed",
    "Editor",
    "Estimate",
    "Executor",
    "FeatureNetwork",
    "Fit",
    "FolderComparison",
    "FolderScores",
    "History",
    "Importer",
    "Impossible",
    "Job",
    "LabelSpace",
    "Licence",
    "MadeStudy",
    "MaskError",
    "Metric",
    "Outcome",
    "PerEdit",
    "Plugin",
    "PreparedReferences",
    "Protocol",
    "Reference",
    "References",
    "Registry",
    "Run",
    "Scene",
    "Score",
    "ScoreInfo",
    "Segmenter",
    "ShardRef",
    "Shards",
    "Site",
    "Status",
    "StudyReading",
    "StudyServer",
    "Suite",
    "System",
    "TaskFacts",
    "Trainer",
    "Unavailable",
    "ViewServer",
    "__version__",
    "against_truth",
    "certify",
    "compare",
    "compare_folders",
    "export",
    "export_to",
    "gate",
    "inpaint",
    "load_suite",
    "make_study",
    "open_dataset",
    "read_history",
    "read_run",
    "reduce_run",
    "read_study",
    "report",
    "run_part",
    "run_status",
    "run_suite",
    "save_baseline",
    "score_folders",
    "take_part",
    "testing",
    "train",
    "verify_run",
]

_HOMES = {
    "AgreementWithTruth": "bench.judge.against_truth",
    "BadInput": "bench.core.errors",
    "Certificate": "bench.run.certify",
    "Columns": "bench.metrics",
    "Context": "bench.metrics",
    "Dataset": "bench.datasets",
    "DatasetInfo": "bench.datasets",
    "DrawnEdit": "masks",
    "EditBatch": "bench.batch",
    "EditFailed": "bench.core.errors",
    "Editor": "bench.plugins.editors",
    "Estimate": "bench.metrics",
    "Executor": "bench.run.job",
    "FeatureNetwork": "bench.networks.feature_network",
    "Fit": "bench.datasets",
    "FolderComparison": "bench.judge.compare",
    "FolderScores": "bench.run.score",
    "History": "bench.judge.history",
    "Importer": "bench.plugins.systems",
    "Impossible": "masks",
    "Job": "bench.run.job",
    "LabelSpace": "bench.scene",
    "Licence": "bench.datasets",
    "MadeStudy": "bench.study.make",
    "MaskError": "masks",
    "Metric": "bench.metrics",
    "Outcome": "bench.run.outcome",
    "PerEdit": "bench.metrics",
    "Plugin": "bench.plugins.registry",
    "PreparedReferences": "bench.metrics",
    "Protocol": "masks",
    "Reference": "bench.batch",
    "References": "bench.metrics",
    "Registry": "bench.plugins.registry",
    "Run": "bench.run.reader",
    "Scene": "bench.scene",
    "Score": "bench.metrics",
    "ScoreInfo": "bench.metrics",
    "Segmenter": "bench.networks.segmenters",
    "ShardRef": "bench.run.shards",
    "Shards": "bench.run.shards",
    "Site": "masks",
    "Status": "bench.run.status",
    "StudyReading": "bench.study.findings",
    "StudyServer": "bench.study.serve",
    "Suite": "bench.suite.schema",
    "System": "bench.plugins.systems",
    "TaskFacts": "bench.plugins.editors",
    "Trainer": "bench.plugins.systems",
    "Unavailable": "bench.core.errors",
    "ViewServer": "reports.view",
    "against_truth": "bench.judge.against_truth",
    "certify": "bench.run.certify",
    "compare": "bench.judge.compare",
    "compare_folders": "bench.judge.compare",
    "export": "reports.export",
    "export_to": "reports.destinations",
    "gate": "bench.judge.gate",
    "inpaint": "masks",
    "load_suite": "bench.suite.schema",
    "make_study": "bench.study.make",
    "open_dataset": "bench.datasets",
    "read_history": "bench.judge.history",
    "read_run": "bench.run.reader",
    "read_study": "bench.study.read",
    "reduce_run": "bench.run.reduce_run",
    "report": "reports.report",
    "run_part": "bench.run.suite_run",
    "run_status": "bench.run.status",
    "run_suite": "bench.run.suite_run",
    "save_baseline": "bench.judge.baseline",
    "score_folders": "bench.run.score",
    "take_part": "bench.run.take_part",
    "testing": "siebench.testing:",
    "train": "bench.plugins.systems",
    "verify_run": "bench.run.verify",
}
"""Where each name is defined: "module", or "module:other name"; nothing after the colon = the module."""


def __getattr__(name: str) -> Any:
    """Imports what is asked for when it is asked for, so that `import siebench` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'siebench' has no attribute {name!r}")
    module, colon, inside = _HOMES[name].partition(":")
    home = importlib.import_module(module)
    found = home if colon and not inside else getattr(home, inside or name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)

"""Judging a run against a baseline: verdict, outputs for CI systems, early stopping."""

from bench.judge.gate.judgement import Check, CostCheck, Judgement, gate

__all__ = ["Check", "CostCheck", "Judgement", "gate"]

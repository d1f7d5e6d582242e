"""Judging a run against a baseline: policy, verdict, outputs for CI systems."""

from bench.judge.gate.judgement import Check, CostCheck, Judgement, gate
from bench.judge.policy import Policy, read_policy

__all__ = ["Check", "CostCheck", "Judgement", "Policy", "gate", "read_policy"]

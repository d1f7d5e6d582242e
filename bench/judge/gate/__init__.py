"""Judging a run against a baseline: policy, verdict, outputs for CI systems."""

from bench.judge.gate.gate import Check, CostCheck, Judgement, gate
from bench.judge.policy import Policy, load_policy

__all__ = ["Check", "CostCheck", "Judgement", "Policy", "gate", "load_policy"]

"""Judging a run against a baseline: policy, verdict, outputs for CI systems."""

from bench.judge.gate.judge import Check, CostCheck, Outcome, gate
from bench.judge.gate.policy import Policy, load_policy

__all__ = ["Check", "CostCheck", "Outcome", "Policy", "gate", "load_policy"]

"""Judging a run against a baseline: policy, verdict, outputs for CI systems."""

from bench.gate.judge import Check, CostCheck, Outcome, gate
from bench.gate.policy import Policy, load_policy

__all__ = ["Check", "CostCheck", "Outcome", "Policy", "gate", "load_policy"]

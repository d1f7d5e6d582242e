"""Metrics: pure functions below, accumulators above; one file per family."""

"""Runs judged: compared, gated, followed over time, put beside published values."""

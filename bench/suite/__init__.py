"""Suites: their schema, checks with line numbers, and the shipped YAML."""

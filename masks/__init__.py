"""Edits as a specification: deterministic masks and target maps, the same bytes everywhere."""

"""Packs: edits as files, which other people can use without this project."""

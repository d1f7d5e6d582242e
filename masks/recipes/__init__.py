"""The recipes for edits: one file per protocol."""

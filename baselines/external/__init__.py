"""Editors whose raw outputs are made elsewhere."""

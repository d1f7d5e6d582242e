"""Editors whose pictures are made elsewhere."""

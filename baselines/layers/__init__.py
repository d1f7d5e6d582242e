"""Layers that the published systems share, each in one place."""

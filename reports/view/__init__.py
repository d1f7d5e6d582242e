"""A local page over a folder of runs, which follows them while they go."""

from reports.view.server import ViewServer

__all__ = ["ViewServer"]

"""siebench measures semantic image editing."""

from bench import __version__

__all__ = ["__version__"]

"""The one place where the version stands; the code version is part of every method's identity."""

__version__ = "0.1.0"

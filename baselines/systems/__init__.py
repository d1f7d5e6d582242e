"""The published systems, each with its network, importer, editor and trainer in one object."""

"""The models as plugins of the harness."""

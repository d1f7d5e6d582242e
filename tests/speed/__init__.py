"""Measurements of speed: ratios against a peer in one run, outside of the tests."""

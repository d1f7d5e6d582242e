"""The harness: suites in, scored runs out."""

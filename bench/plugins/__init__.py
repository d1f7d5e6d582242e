"""Whatever has a name and can come from outside: one registry, contracts, conformance checks."""

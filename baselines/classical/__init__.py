"""Classical editors: no weights, no labels; the floor (and, with `copy`, the ceiling) of a table."""

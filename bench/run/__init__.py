"""A suite carried out: plan, execute, reduce, and the run directory."""

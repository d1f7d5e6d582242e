"""Training of every system: configurations, data, losses, one loop; the zoo."""

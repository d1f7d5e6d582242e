"""Who decides where shards are carried out: one file an executor."""

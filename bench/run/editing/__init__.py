"""A method carries out a shard's edits: batches of one shape, compositing, failures kept apart."""

"""The harness's own images, whose order every honest metric knows, and what they show about a run."""

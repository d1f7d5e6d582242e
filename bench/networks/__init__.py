"""Networks that metrics use, each with its preprocessing: feature networks, segmenters, their weights."""

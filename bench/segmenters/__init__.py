"""Networks that tell which class a pixel shows."""

"""Networks that set metrics and perceptual metrics look through."""

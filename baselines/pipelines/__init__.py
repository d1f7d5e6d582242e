"""Inpainting pipelines of the diffusers library as editors: files, prompts, conditions, memory."""

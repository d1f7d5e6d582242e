"""A run made readable: HTML, LaTeX, Markdown, CSV. Never imports torch."""

"""The page over a folder of runs: one HTML file with its style and script inside."""

from __future__ import annotations

from reports.page import environment, source_hash, static

__all__ = ["view_page"]

STYLES = ("tokens.css", "page.css", "tables.css", "view.css")
SCRIPTS = ("elements.js", "theme_button.js", "view.js", "side.js", "view_main.js")


def view_page(folder: str) -> str:
    """The page as HTML.

    Args:
        folder: the folder's name, for the title.
    """
    script = "\n".join(static(name) for name in SCRIPTS)
    script = f'(() => {{\n"use strict";\n{script}\n}})();'
    theme = static("theme.js")
    return (
        environment()
        .get_template("view.html")
        .render(
            folder=folder,
            style="\n".join(static(name) for name in STYLES),
            theme=theme,
            script=script,
            hashes=" ".join(source_hash(text) for text in (theme, script)),
        )
    )

"""The look that all figures share, and how they are saved: the same bytes from the same run.

Colours are Okabe and Ito's ("Color Universal Design", 2008); of eight methods each has a marker of its
own besides, so that a figure reads without colour; of more, no two share both. The page's plots have
the same ones.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.atomic import refuse_loss, whole_file
from bench.core.text import counted, without_folders
from bench.judge.compare.recipes import unlike_networks
from reports.table import ARROWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bench.run.reader import Run
    from bench.run.schema import MetricColumn

__all__ = [
    "axis_title",
    "figure",
    "legend",
    "look",
    "noted",
    "one_axes",
    "save",
    "sign",
    "styled",
    "warned",
]

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8a7a00", "#7f7f7f")
MARKERS = ("o", "s", "^", "D", "v", "P", "*", "h")

LOOK: Any = {
    "font.family": "sans-serif",
    # Every text of an SVG names them all. Verdana is as wide as the first, by which figures are laid out.
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e3dc",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.markersize": 4.5,
    "svg.hashsalt": "siebench",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "text.parse_math": False,
}


@contextmanager
def look() -> Iterator[None]:
    """Matplotlib's settings for the figures made and saved inside; others keep theirs."""
    import matplotlib as mpl

    with mpl.rc_context(LOOK):
        yield


def figure(width: float, height: float, gap: float = 0.04) -> Figure:
    """An empty figure, all in inches, without a window and outside pyplot's list of figures."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = ConstrainedLayoutEngine(w_pad=gap, h_pad=gap, wspace=0.02, hspace=0.02)
    return Figure(figsize=(width, height), layout=engine)


def one_axes(width: float = 4.2, height: float = 3.0) -> tuple[Figure, Axes]:
    """A figure with one pair of axes; a paper's column is about 3.3 inches wide."""
    drawn = figure(width, height)
    return drawn, drawn.subplots()


def styled(run: Run) -> dict[str, dict[str, Any]]:
    """Colour, marker and label of the methods that a figure compares, by name.

    A method that sees the hidden pixels would stretch every axis and is left out, unless all
    of them are.
    """
    styles = {
        method.name: {**sign(place), "label": method.title}
        for place, method in enumerate(run.header.methods)
    }
    fair = {m.name: styles[m.name] for m in run.header.methods if not m.sees_hidden}
    return fair or styles


def sign(place: int) -> dict[str, Any]:
    """`color` and `marker` of what stands at a place; no two of the first 64 share both."""
    size = len(COLOURS)
    return {"color": COLOURS[place % size], "marker": MARKERS[(place + place // size) % size]}


def legend(drawn: Figure) -> None:
    """The legend beside the axes, where it hides no value."""
    if any(axes.get_legend_handles_labels()[0] for axes in drawn.axes):
        drawn.legend(loc="outside right upper", fontsize=7)


def warned(
    drawn: Figure, run: Run, methods: Collection[str], left_out: Mapping[str, int] | None = None
) -> Figure:
    """The figure, with what must stand below it: values without a place, networks not trained alike.

    Args:
        drawn: the figure.
        run: the run.
        methods: the names of those that it shows.
        left_out: how many edits of a method have an infinite value, which no axis shows.
    """
    infinite = ", ".join(
        f"{run.method(name).title} {counted(count, 'edit')}"
        for name, count in (left_out or {}).items()
        if count
    )
    shown = [method for method in run.header.methods if method.name in methods]
    sentences = [f"Left out, with an infinite value: {infinite}."] if infinite else []
    return noted(drawn, [*sentences, *unlike_networks(shown)], "the run's report")


_NOTE, _LETTERS, _MOST_NOTES = 6, 21, 3
"""Points of a note's type, its letters in an inch, and the sentences that a figure has room for."""


def noted(drawn: Figure, sentences: Sequence[str], all_of_them: str) -> Figure:
    """The figure, higher by lines of small type below all else; as it is where there is no sentence.

    Args:
        drawn: the figure.
        sentences: the first few have room; how many more there are is said.
        all_of_them: where a reader finds the others.
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if not sentences:
        return drawn
    told = [without_folders(sentence) for sentence in sentences[:_MOST_NOTES]]
    if len(sentences) > len(told):
        told.append(f"{counted(len(sentences) - len(told), 'other warning')}: see {all_of_them}.")
    width, height = drawn.get_size_inches()
    lines = [line for text in told for line in textwrap.wrap(text, int(_LETTERS * width))]
    foot = (len(lines) * 1.3 + 1) * _NOTE / 72
    drawn.set_size_inches(width, height + foot)
    engine = drawn.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        share = foot / (height + foot)
        engine.set(rect=(0, share, 1, 1 - share))
    drawn.text(
        0.05 / width,
        0.5 * _NOTE / 72 / (height + foot),
        "\n".join(lines),
        fontsize=_NOTE,
        linespacing=1.2,
        verticalalignment="bottom",
    )
    return drawn


def axis_title(metric: MetricColumn) -> str:
    """The score's title, unit and the direction that is better: "PSNR, masked region (dB) ↑"."""
    unit = f" ({metric.unit})" if metric.unit else ""
    return f"{metric.title}{unit} {ARROWS[metric.better]}".rstrip()


def save(drawn: Figure, path: Path, *, force: bool = False) -> Path:
    """Writes SVG or PDF by the path's suffix, whole, without a date in it.

    Args:
        drawn: the figure.
        path: the file, replaced where siebench wrote it.
        force: replace it in any case.

    Raises:
        BadInput: where somebody else's file is there, or the file cannot be written.
    """
    refuse_loss(path, ours=_MARK, force=force)
    with look(), whole_file(path) as temporary:
        dateless = {"Date": None} if path.suffix == ".svg" else {"CreationDate": None}
        metadata = {"Creator": "siebench", **dateless}
        drawn.savefig(temporary, format=path.suffix[1:], metadata=metadata)
    return path


_MARK = rb"<dc:title>siebench</dc:title>|/Creator \(siebench\)"
"""By which a figure that siebench wrote is known: matplotlib writes an SVG's creator as a title."""

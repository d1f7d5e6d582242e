"""The published numbers, as they were found: results.json, read once, checked and looked up.

The file is kept as it was gathered: a number that no source states is not in it, and nothing here
makes one up. One quantity may be there more than once (the paper, a digest of it, a user's report).
Papers that no suite reproduces are there for context: "context: OASIS (ICLR 2021)".
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bench.core.documents import read_json

__all__ = [
    "PROVENANCE",
    "Kind",
    "Published",
    "all_published",
    "context_methods",
    "context_papers",
    "find_published",
]

Kind = Literal["paper", "summary", "digest", "user report"]

PROVENANCE: Mapping[Kind, str] = {
    "paper": "printed in the paper or stated by its authors",
    "summary": "from a summary article about the paper",
    "digest": "from a third party's digest of the paper",
    "user report": "measured by somebody else with the released model or tool",
}
"""What each kind of provenance means, for the reader of a table; the most trusted first."""

_CONTEXT = "context: "

_FORMER = {"SEAN (row attribution, see note)": "SEAN"}
"""Methods that runs and suites of earlier versions look up by another name."""

_FILE = Path(__file__).parent / "results.json"


class Published(BaseModel):
    """One published value.

    Attributes:
        paper: where it belongs ("SPADE (CVPR 2019, arXiv 1903.07291)"), or "reproduction"; a paper
            that no suite reproduces begins with "context: ".
        table: which table or text of it.
        dataset, task, method, metric: as the source names them.
        value: as printed: percentages stay percentages.
        source: where this project has it from.
        provenance: what kind of source that is; see `PROVENANCE`.
        note: what a reader must know before using it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    paper: str
    table: str
    dataset: str
    task: str
    method: str
    metric: str
    value: float
    source: str
    provenance: Kind
    note: str = ""

    @property
    def context(self) -> bool:
        """Whether it is another paper's value, to be read beside a table and never judged."""
        return self.paper.startswith(_CONTEXT)


@functools.cache
def all_published() -> tuple[Published, ...]:
    """Every published value, in the order in which they were gathered."""
    rows = read_json(_FILE)
    return tuple(Published.model_validate(row) for row in rows)


def find_published(
    *,
    dataset: str,
    task: str,
    method: str,
    metric: str,
    papers: Iterable[str] | None = None,
) -> tuple[Published, ...]:
    """The values of one quantity, the most trusted kind of source first; empty where none is known.

    Args:
        dataset: as the source names it, as are `task`, `method` and `metric`.
        task: what was done.
        method: whose result it is.
        metric: what was measured.
        papers: only values that stand under one of these papers; None = any.
    """
    wanted = (dataset, task, _FORMER.get(method, method), metric)
    allowed = None if papers is None else set(papers)
    found = [
        one
        for one in all_published()
        if (one.dataset, one.task, one.method, one.metric) == wanted
        and (allowed is None or one.paper in allowed)
    ]
    trust = list(PROVENANCE)
    return tuple(sorted(found, key=lambda one: trust.index(one.provenance)))


def context_papers() -> tuple[str, ...]:
    """The papers that are there for context alone, in the order in which they were gathered."""
    return tuple(dict.fromkeys(one.paper for one in all_published() if one.context))


def context_methods(quantities: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """Methods of which a context paper has one of the `quantities`, as first gathered.

    Args:
        quantities: (dataset, task, metric), as the source names them.
    """
    wanted = set(quantities)
    found = (
        one.method
        for one in all_published()
        if one.context and (one.dataset, one.task, one.metric) in wanted
    )
    return tuple(dict.fromkeys(found))

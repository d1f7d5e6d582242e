"""Published numbers with their sources, beside measured ones.

`find_published` looks a value up, `verdict` judges a measured one against it, `join_published`
makes the table of a run's suite with both in it, `contradictions` lists where sources disagree.
"""

from bench.judge.published.contradictions import Contradiction, contradictions
from bench.judge.published.join import join_published
from bench.judge.published.results import PROVENANCE, Published, all_published, find_published
from bench.judge.published.verdict import VERDICTS, Reproduction, verdict

__all__ = [
    "PROVENANCE",
    "VERDICTS",
    "Contradiction",
    "Published",
    "Reproduction",
    "all_published",
    "contradictions",
    "find_published",
    "join_published",
    "verdict",
]

"""A suite's table is checked against the suite when it is read."""

import pytest

from bench.core.errors import BadInput
from bench.suite.schema import parse_suite

SUITE = """\
name: one
datasets: {rooms: {dataset: procedural-rooms}}
tasks: [{dataset: rooms, protocol: freeform@1}]
methods: [copy]
metrics: [psnr]
table:
  papers: [a paper]
  name: Table 1
  columns:
    - {task: rooms-freeform, metric: psnr, title: PSNR, better: higher}
  rows:
    - {method: copy, title: Copy}
"""


def test_a_table_is_read_with_the_suite():
    table = parse_suite(SUITE, "here").table
    assert table is not None
    assert [column.task for column in table.columns] == ["rooms-freeform"]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("task: rooms-freeform", "task: room-freeform", "did you mean 'rooms-freeform'"),
        ("method: copy", "method: cpoy", "did you mean 'copy'"),
        ("metric: psnr, title", "title", "either a metric or a cost"),
        ("task: rooms-freeform, ", "", "either a metric or a cost"),
        ("task: rooms-freeform, metric: psnr, ", "", "a metric, a cost, or what was published"),
        ("better: higher", "better: upper", "better"),
    ],
)
def test_a_wrong_name_in_it_is_refused_with_the_field(right, wrong, said):
    with pytest.raises(BadInput, match=r"^here, line \d+: ") as error:
        parse_suite(SUITE.replace(right, wrong), "here")
    assert said in str(error.value)


def test_a_column_may_show_only_what_was_published():
    votes = "{title: votes, better: higher, published: {dataset: d, task: t, metric: votes}}"
    table = parse_suite(SUITE.replace("  rows:", f"    - {votes}\n  rows:"), "here").table
    assert table is not None
    assert [column.measured for column in table.columns] == [True, False]

"""What a suite names is looked up before anything runs, each mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.suite.check import suite_problems
from bench.suite.schema import load_suite, read_suite, suite_names

WRONG = """\
name: wrong
datasets:
  rooms: {dataset: procedural-rooms, size: 64, split: tset}
  other: {dataset: foldr}
tasks:
  - dataset: rooms
    protocol: [freeform@1, object-remov@1]
  - {dataset: other, protocol: outpainting@1, parameters: {sid: left}}
methods: [difusion, folder]
metrics: [psnr, ssimm]
"""


def test_every_wrong_name_is_told_with_its_line_and_the_nearest_known_one(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    found = [line.removeprefix(f"{path}, ") for line in suite_problems(*read_suite(path))]
    expected = [
        ("line 3: datasets.rooms.split:", "did you mean 'test'"),
        ("line 4: datasets.other.dataset:", "did you mean 'folder'"),
        ("line 7: tasks.0.protocol:", "object-remove@1"),
        ("line 8: tasks.1.protocol:", "side"),
        ("line 9: methods.0:", "did you mean 'diffusion'"),
        ("line 9: methods.1:", "missing a required argument: 'path'"),
        ("line 10: metrics.1:", "did you mean 'ssim'"),
    ]
    assert len(found) == len(expected)
    for line, (start, hint) in zip(found, expected):
        assert line.startswith(start)
        assert hint in line


EXPONENTS = """\
name: exponents
datasets: {rooms: {dataset: procedural-rooms, size: 64}}
tasks: [{dataset: rooms, protocol: object-move@1, parameters: {reach: 1e-1}}]
methods: [{name: net, editor: semanticstylegan, options: {weights: a.pth, tuning_rate: 1e-3}}]
metrics: [psnr]
"""


def test_a_number_that_yaml_reads_as_text_is_told_how_to_be_written(tmp_path: Path) -> None:
    path = tmp_path / "exponents.yaml"
    path.write_text(EXPONENTS)
    parameter, option = suite_problems(*read_suite(path))
    assert parameter.endswith("not '1e-1'; '1e-1' is read as text: write 1.0e-1")
    assert option.endswith("expected: number; '1e-3' is read as text: write 1.0e-3")

    path.write_text(EXPONENTS + "seed: 1e3\n")
    with pytest.raises(BadInput, match=r"line 6: seed is '1e3'; .* as text: write 1000$"):
        read_suite(path)


ALIKE = """\
name: alike
datasets:
  rooms: {dataset: procedural-rooms, size: 64}
tasks:
  - {name: Left, dataset: rooms, protocol: freeform@1}
  - {name: left, dataset: rooms, protocol: outpainting@1}
methods: [copy, {name: Copy, editor: copy}, {name: cöpy, editor: copy}, {name: cÖpy, editor: copy}]
metrics: [psnr]
"""


def test_names_whose_files_some_disks_would_put_into_one_folder_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "alike.yaml"
    path.write_text(ALIKE)
    why = "differ in capitals alone, and would share a folder on macOS and Windows; rename one"
    assert suite_problems(*read_suite(path)) == [
        f"{path}, line 4: tasks: 'Left' and 'left' {why}",
        f"{path}, line 7: methods: 'copy' and 'Copy' {why}",
    ]


@pytest.mark.parametrize("name", suite_names())
def test_every_shipped_suite_names_what_there_is(name: str) -> None:
    assert suite_problems(*read_suite(name)) == []


def test_a_field_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text(WRONG.replace("metrics:", "name: again\nmetrics:"))
    with pytest.raises(BadInput, match="line 10: the field 'name' is given twice"):
        load_suite(path)

"""Tables have the columns that are declared, with their types, and a reader that lacks one says so."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.core.errors import BadInput
from bench.run.table_files import read_columns, read_tables, write_table
from bench.run.tables import COSTS, INFLUENCE, REFERENCES, UNMADE, stored_number


def references(*edits: str, **more: list) -> dict[str, list]:
    count = len(edits)
    return {
        "edit": list(edits),
        "scene": list(edits),
        "sample": [0] * count,
        "region": [None] * count,
        "coverage": [0.5] * count,
        **more,
    }


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    write_table(file, REFERENCES, references("a", "b", psnr=[1.5, None]))
    frame = read_tables([file], REFERENCES)
    assert frame["edit"].tolist() == ["a", "b"]
    assert frame["psnr"].tolist()[0] == 1.5
    assert np.isnan(frame["psnr"].tolist()[1])


def test_declared_columns_have_their_types_even_where_they_are_empty(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    write_table(file, UNMADE, {name: [] for name in UNMADE.names})
    schema = pq.read_schema(file)
    assert [str(schema.field(name).type) for name in UNMADE.names] == [
        "string",
        "int64",
        "string",
        "string",
    ]


def test_states_keep_the_type_of_their_arrays_and_stay_on_disk(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    features = [np.ones(3, np.float32)]
    write_table(
        file, REFERENCES, references("a", **{"fid.features": features, "fid-bgr.f": features})
    )
    assert str(pq.read_schema(file).field("fid.features").type) == "list<element: float>"
    assert "fid.features" not in read_tables([file], REFERENCES)
    asked = read_tables([file], REFERENCES, states=["fid"])
    assert "fid.features" in asked
    assert "fid-bgr.f" not in asked


def test_shards_lie_below_one_another_and_a_column_that_one_lacks_is_empty_there(tmp_path) -> None:
    files = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    write_table(files[0], REFERENCES, references("a"))
    write_table(files[1], REFERENCES, references("b", l1=[2.0]))
    frame = read_tables(files, REFERENCES)
    assert frame["edit"].tolist() == ["a", "b"]
    assert frame["l1"].isna().tolist() == [True, False]


def test_no_file_gives_an_empty_table_with_its_columns() -> None:
    assert list(read_tables([], COSTS).columns) == list(COSTS.names)


@pytest.mark.parametrize("columns", [{}, {name: [] for name in (*INFLUENCE.names, "more")}])
def test_what_differs_from_the_declaration_is_not_written(tmp_path: Path, columns: dict) -> None:
    with pytest.raises(ValueError, match="'influence' and its declaration differ"):
        write_table(tmp_path / "a.parquet", INFLUENCE, columns)
    assert not (tmp_path / "a.parquet").exists()


def test_a_table_that_lacks_a_column_is_named_with_it(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"edit": ["a"]}), file)
    with pytest.raises(
        BadInput, match=r"a\.parquet: lacks the columns scene, sample, region, cover"
    ):
        read_tables([file], REFERENCES)


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    file.write_bytes(b"PAR1 nothing")
    with pytest.raises(BadInput, match=r"a\.parquet: cannot be read"):
        read_tables([file], REFERENCES)


def test_every_column_says_what_it_means() -> None:
    for table in (COSTS, REFERENCES, UNMADE, INFLUENCE):
        assert all(column.meaning for column in table.columns)
        assert len(set(table.names)) == len(table.names)


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("coverage", ["x", "y"], "column coverage holds string where number is expected"),
        ("scene", [1, 2], "column scene holds int64 where text is expected"),
        ("sample", [[1], [2]], "column sample holds list.* where integer is expected"),
        ("psnr", ["x", "y"], "column psnr holds string where numbers are expected"),
        ("psnr", [[1.0], [2.0]], "column psnr holds list.* where numbers are expected"),
        ("edit", ["a", None], "column edit has empty entries"),
    ],
)
def test_a_column_of_another_kind_is_named(tmp_path: Path, column, values, words) -> None:
    file = tmp_path / "a.parquet"
    write_table(file, REFERENCES, references("a", "b", psnr=[1.5, None]))
    table = pq.read_table(file)
    at = table.column_names.index(column)
    pq.write_table(table.set_column(at, column, pa.array(values)), file)
    with pytest.raises(BadInput, match=words):
        read_tables([file], REFERENCES)
    with pytest.raises(BadInput, match=words):
        read_columns(file, REFERENCES)


def test_a_row_that_names_no_scene_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    write_table(file, REFERENCES, references("a", "b"))
    table = pq.read_table(file)
    at = table.column_names.index("scene")
    pq.write_table(table.set_column(at, "scene", pa.array(["a", None])), file)
    with pytest.raises(BadInput, match="column scene has empty entries"):
        read_tables([file], REFERENCES)


@pytest.mark.parametrize(
    ("stored", "number"),
    [
        (None, None),
        (float("nan"), None),
        (float("inf"), float("inf")),
        (np.float32(0.5), 0.5),
        (0, 0.0),
    ],
)
def test_a_number_of_a_row_is_none_where_a_data_frame_has_nan(stored, number) -> None:
    assert stored_number(stored) == number


def test_a_pipe_in_place_of_a_table_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.parquet")
    with pytest.raises(BadInput, match="is a pipe or a device"):
        read_tables([tmp_path / "a.parquet"], REFERENCES)
    with pytest.raises(BadInput, match="is a pipe or a device"):
        read_columns(tmp_path / "a.parquet")

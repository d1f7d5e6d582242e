"""Croissant: a run described as a dataset, so that tools that know the format can load its tables.

The file is JSON-LD beside the run's `run.json` (https://docs.mlcommons.org/croissant/docs/croissant-spec.html,
version 1.0). Every table has its SHA-256; images are named by pattern. Scores, costs and each task's
samples are record sets. It is the run that is described: the datasets behind it keep their own
licences, which are named.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import __version__
from bench.core.atomic import refuse_loss, write_json
from bench.core.errors import BadInput
from bench.core.identity import file_hash
from bench.plugins.kinds import DATASETS
from bench.run.layout import EDITS, PREDICTIONS
from bench.run.tables import COSTS, SAMPLES, SCORES, StoredTable
from reports.destinations.contents import safe_keys

if TYPE_CHECKING:
    import pyarrow as pa

    from bench.run.reader import Run

__all__ = ["write_croissant"]

_OURS = rb'\A\{\s*"@context":.*"siebench'

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the specification prints."""

_PARQUET = "application/x-parquet"
_KINDS = {"text": "sc:Text", "integer": "sc:Integer", "number": "sc:Float"}


def write_croissant(run: Run, out: Path | None = None, *, force: bool = False) -> Path:
    """Writes the description of a run.

    Args:
        run: the run; it must be done, since the description has the checksums of its tables.
        out: the file; it must lie in the run, for it names files from where it is. `croissant.json`
            in the run where None.
        force: replace a file that siebench did not write.

    Returns:
        The file.

    Raises:
        BadInput: an unfinished run, another place, a file that is somebody else's.
    """
    file = run.folder / "croissant.json" if out is None else out
    if file.resolve().parent != run.folder.resolve():
        raise BadInput(
            f"{file}: a Croissant file names the run's files from its own place; give a file in "
            f"{run.folder}, or leave out --out"
        )
    if run.header.state == "running":
        raise BadInput(f"{run.folder}: is not finished; describe it when its tables are there")
    refuse_loss(file, ours=_OURS, force=force)
    write_json(file, _described(run))
    return file


def _described(run: Run) -> dict[str, Any]:
    header = run.header
    files, records = _tables(run)
    described = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": header.name,
        "description": f"{header.title}. {header.description}".strip(),
        "version": "1.0.0",
        "creator": {"@type": "sc:Organization", "name": f"siebench {__version__}"},
        "citeAs": f"siebench {__version__}, suite {header.name}",
        "license": _licences(run),
        "keywords": ["semantic image editing", "siebench"],
        "isLiveDataset": False,
        "distribution": [*files, *_images(run)],
        "recordSet": records,
    }
    if header.finished:
        described["datePublished"] = header.finished
    return described


def _licences(run: Run) -> list[str]:
    """Those of the datasets that the run edits; terms by address where there is one."""
    found = []
    for name in dict.fromkeys(task.dataset for task in run.header.tasks):
        licence = None
        if name in DATASETS.names():
            licence = getattr(DATASETS.get(name), "licence", None)
        if licence is None:
            found.append(f"unknown ({name})")
        else:
            found.append(licence.terms or f"{licence.name} ({name})")
    return list(dict.fromkeys(found))


def _tables(run: Run) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    files: list[dict[str, Any]] = [_file(run, run.layout.record, "application/json")]
    records: list[dict[str, Any]] = []
    whole: tuple[tuple[Any, StoredTable], ...] = (("scores", SCORES), ("costs", COSTS))
    for name, table in whole:
        path = run.layout.table(name)
        if path.is_file():
            files.append(_file(run, path, _PARQUET))
            source = {"fileObject": {"@id": run.layout.relative(path)}}
            records.append(_record_set(name, f"The {name} of every method", table, path, source))
    keys = safe_keys(task.name for task in run.header.tasks)
    for task in run.header.tasks:
        shards = run.layout.shards("samples", task.slug)
        files += [_file(run, shard, _PARQUET) for shard in shards]
        for number, shard in enumerate(shards):
            name = f"samples-{keys[task.name]}" + (f"-{number}" if len(shards) > 1 else "")
            source = {"fileObject": {"@id": run.layout.relative(shard)}}
            text = f"Every edit and method of {task.title}"
            records.append(_record_set(name, text, SAMPLES, shard, source))
    return files, records


def _file(run: Run, path: Path, kind: str) -> dict[str, Any]:
    relative = run.layout.relative(path)
    return {
        "@type": "cr:FileObject",
        "@id": relative,
        "name": relative,
        "contentUrl": relative,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": kind,
        "sha256": file_hash(path),
    }


def _images(run: Run) -> Iterator[dict[str, Any]]:
    said = {
        EDITS: "Images before the edits, masks, target labels and ground truths",
        PREDICTIONS: "The methods' results",
    }
    for folder, text in said.items():
        if (run.folder / folder).is_dir():
            yield {
                "@type": "cr:FileSet",
                "@id": folder,
                "name": folder,
                "description": text,
                "encodingFormat": "image/png",
                "includes": f"{folder}/**/*.png",
            }


def _record_set(
    name: str, text: str, table: StoredTable, path: Path, source: dict[str, Any]
) -> dict[str, Any]:
    import pyarrow.parquet as pq

    meanings = {column.name: column.meaning for column in table.columns}
    fields = []
    for column in pq.read_schema(path):
        kind = _data_type(column.type)
        # Lists are the metrics' own states, nobody else's data.
        if kind is not None and "." not in column.name:
            fields.append(
                {
                    "@type": "cr:Field",
                    "@id": f"{name}/{column.name}",
                    "name": f"{name}/{column.name}",
                    "description": meanings.get(column.name, "a score of the edit"),
                    "dataType": kind,
                    "source": {**source, "extract": {"column": column.name}},
                }
            )
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": text,
        "field": fields,
    }


def _data_type(kind: pa.DataType) -> str | None:
    import pyarrow.types as types

    if types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind):
        return _KINDS["text"]
    if types.is_integer(kind) or types.is_boolean(kind):
        return _KINDS["integer"]
    return _KINDS["number"] if types.is_floating(kind) else None

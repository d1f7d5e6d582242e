"""Edits as a specification: deterministic masks and target maps, the same bytes everywhere."""

from masks.digest import array_digest, edit_digest
from masks.errors import MaskError
from masks.packs.manifest import Manifest
from masks.packs.predefined import Predefined
from masks.packs.read import Packed
from masks.packs.sheet import contact_sheet
from masks.packs.verify import Problem, verify_pack
from masks.packs.write import write_pack
from masks.protocols.freeform import FreeForm, freeform_batch
from masks.protocols.stratified import stratum_of
from masks.references import references
from masks.registry import (
    Described,
    Parameter,
    coverages,
    describe,
    drawn_by,
    edit_size,
    make_protocol,
    paired,
    parameters_of,
    protocol_keys,
)
from masks.spec import DrawnEdit, Impossible, Protocol, Site
from masks.streams import Stream

__all__ = [
    "Described",
    "DrawnEdit",
    "FreeForm",
    "Impossible",
    "Manifest",
    "MaskError",
    "Packed",
    "Parameter",
    "Predefined",
    "Problem",
    "Protocol",
    "Site",
    "Stream",
    "array_digest",
    "contact_sheet",
    "coverages",
    "describe",
    "edit_digest",
    "drawn_by",
    "edit_size",
    "freeform_batch",
    "make_protocol",
    "paired",
    "parameters_of",
    "protocol_keys",
    "references",
    "stratum_of",
    "verify_pack",
    "write_pack",
]

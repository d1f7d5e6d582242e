"""Edits as a specification: deterministic masks and target maps, the same bytes everywhere."""

from masks.digest import array_digest, edit_digest
from masks.packs.manifest import Manifest
from masks.packs.predefined import Pairing, Predefined
from masks.packs.read import Packed
from masks.packs.sheet import contact_sheet
from masks.packs.verify import Problem, verify_pack
from masks.packs.write import write_pack
from masks.parameters import Parameter
from masks.protocol import Protocol, title_of
from masks.protocols.freeform import FreeForm, freeform_batch
from masks.protocols.stratified import stratum_of
from masks.references import references
from masks.registry import Described, describe, make_protocol, newest, protocol_class, protocol_keys
from masks.spec import DrawnEdit, GroundTruth, Impossible, MaskError, Operation, Site, inpaint
from masks.streams import Stream

__all__ = [
    "Described",
    "DrawnEdit",
    "FreeForm",
    "GroundTruth",
    "Impossible",
    "Manifest",
    "MaskError",
    "Operation",
    "Packed",
    "Pairing",
    "Parameter",
    "Predefined",
    "Problem",
    "Protocol",
    "Site",
    "Stream",
    "array_digest",
    "contact_sheet",
    "describe",
    "edit_digest",
    "freeform_batch",
    "inpaint",
    "make_protocol",
    "newest",
    "protocol_class",
    "protocol_keys",
    "references",
    "stratum_of",
    "title_of",
    "verify_pack",
    "write_pack",
]

"""Drafts that many protocols end in."""

from __future__ import annotations

from masks.spec import Bool, Draft, Impossible, Site

__all__ = ["inpaint"]


def inpaint(site: Site, mask: Bool, region: str | None = None) -> Draft | Impossible:
    """The edit that paints `mask` as the scene's own map says, or why there is none to paint."""
    if not mask.any():
        return Impossible("the mask that was drawn covers no pixel")
    return Draft(mask=mask, labels=site.labels, instances=site.instances, region=region)

"""What every protocol begins and many end with: a site's stream, and plain drafts."""

from __future__ import annotations

from masks.spec import Bool, DrawnEdit, Impossible, Site
from masks.streams import Stream

__all__ = ["inpaint", "stream_of"]


def stream_of(key: str, site: Site, seed: int, sample: int) -> Stream:
    """The random stream of one edit.

    Parameters are no part of its name: a protocol with another parameter sees the same random
    words, so that a wider brush follows the same path and an ablation over a parameter is paired.
    """
    return Stream(key, site.dataset, site.scene, seed, sample)


def inpaint(site: Site, mask: Bool, region: str | None = None) -> DrawnEdit | Impossible:
    """The edit that paints `mask` as the scene's own map says, or why there is none to paint."""
    if not mask.any():
        return Impossible("the mask that was drawn covers no pixel")
    return DrawnEdit(mask=mask, labels=site.labels, instances=site.instances, region=region)

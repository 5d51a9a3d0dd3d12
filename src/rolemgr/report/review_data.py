"""A role for review as data: what `preview` shows on its page, whole, and what it is made of."""

from collections.abc import Sequence
from typing import Any, Final

from rolemgr.catalog.load import Catalog
from rolemgr.check.finding import Finding
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.report.preview import preview_data
from rolemgr.report.review import review

_BLOCKS: Final = {
    "WHO": "Who", "RUNS": "RunsAs", "CAN": "Can", "CANNOT": "Cannot", "WRITES": "Writes", "READS": "Reads",
    "LIMITS": "Limits", "BESIDE": "Attached", "SET": "Settings", "LOOK": "Look", "SIZE": "Size", "CHECK": "Check",
}  # fmt: skip
"""The blocks of the page by the keys that they have here."""


def review_data(
    role: ComposedRole, documents: RoleDocuments, catalog: Catalog, findings: Sequence[Finding], suppressed: int = 0
) -> dict[str, Any]:
    """
    Return what the preview shows, for ``--format json``.

    ``Review`` has the blocks of the page as lists of sentences, ``Findings`` what `check` found, ``Suppressed`` how
    much of it the configuration excuses; ``Keys``, ``Network`` and ``Tags`` what the user gave.
    """
    spec = role.spec
    blocks = {one.title: one for one in review(role, documents, catalog, findings, suppressed, whole=True)}
    shown = {key: _entries(blocks[title].entries, title) if title in blocks else [] for title, key in _BLOCKS.items()}
    return {
        **preview_data(role, documents, catalog),
        "Review": shown,
        "Keys": {"Data": list(spec.data_key), "Volume": list(spec.volume_key)},
        "Network": {"Subnets": list(spec.subnet), "SecurityGroups": list(spec.security_group)},
        "Tags": dict(sorted(spec.tags.items())),
        "Findings": [one.data() for one in findings],
        "Suppressed": suppressed,
    }


def _entries(entries: Sequence[str], title: str) -> list[str]:
    """Return *entries*; those of LOOK without the numbers that they have on the page."""
    return [one.partition("  ")[2] for one in entries] if title == "LOOK" else list(entries)

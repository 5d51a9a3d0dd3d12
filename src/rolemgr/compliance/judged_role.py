"""A role that is asked which controls it serves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rolemgr.separation.violations import RenderedRole


@dataclass(frozen=True, eq=False)
class JudgedRole:
    """
    A role as rendered, and what it is called in the result.

    *not_kept* are the separations of its persona that it does not keep, or of which nobody can tell, with the reason;
    *beyond* is what it reaches and nothing is proven about, in words, and *not_asked* what else decides about its
    requests beside its own policies.
    """

    name: str
    rendered: RenderedRole
    not_kept: Mapping[str, str] = field(default_factory=dict)
    beyond: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()

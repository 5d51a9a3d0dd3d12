"""
The resource that a compared policy stands at, where that is known: its account and ARNs.

Without it a resource policy is compared for any resource of any account, and a request that shows a difference is about
one that nobody has. With it requests are about this resource, in its account, whose own principals ask too.
"""

from functools import cached_property
from typing import Final

from rolemgr.compare.callers import STRANGER
from rolemgr.compare.regions import Pattern
from rolemgr.compare.universe import Universe, concrete
from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import Piece, as_pattern
from rolemgr.iam.wildcards import arn_steps, matches
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action

_GUARDED: Final = ("iam", "kms")
"""
The services of roles and keys: their own account's principals need the policy too, and nobody asks without a name.

https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html ("Requests must be signed")
https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
"""


class ComparedPlace:
    """A resource by its *account* and its *arns*, as patterns with what is in it; without ARNs the account alone."""

    def __init__(self, account: str, arns: tuple[str, ...] = ()) -> None:
        self.account, self.arns = account, arns

    @property
    def is_guarded(self) -> bool:
        """Whether it is a key or a role: a principal of its account needs its policy, and no request is unsigned."""
        services = {arn.service for text in self.arns if (arn := Arn.parse(text))}
        return bool(services & set(_GUARDED))

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """Its ARNs as patterns."""
        return tuple(map(_pattern, self.arns))

    def universe(self, action: str, usual: Universe) -> Universe:
        """
        Return the resources of *action* that are this one, or in it: of *usual* all where no ARN is known.

        There are none for an action on no resource, or on none of such a type: AWS asks this policy about no such pair.
        """
        if not self.arns:
            return usual
        fitting = tuple(map(_pattern, self.fitting(action)))
        return Universe(self.patterns if fitting else (), fitting)

    def fitting(self, action: str) -> tuple[str, ...]:
        """Return those ARNs that are of a type of *action*, all where the reference does not know it."""
        known = find_action(action)
        return tuple(text for text in self.arns if known is None or types_of(example(text), known))

    def holds(self, resource: str) -> bool:
        """Tell whether *resource* is this one or in it."""
        return not self.arns or any(matches(as_pattern(text), resource) for text in self.arns)


def place_of(arn: str, account: str) -> ComparedPlace | None:
    """
    Return the place of the resource *arn* in *account*; a bucket has its objects, a group of models its versions.

    None for an account that stands for all others in comparisons.
    """
    if account == STRANGER:
        return None
    parsed = Arn.parse(arn)
    if parsed is None:
        return ComparedPlace(account)
    if parsed.service == "s3":
        return ComparedPlace(account, (arn, f"{arn}/*"))
    kind, _, name = parsed.resource.partition("/")
    if kind == "model-package-group":
        return ComparedPlace(account, (arn, str(parsed._replace(resource=f"model-package/{name}/*"))))
    return ComparedPlace(account, (arn,))


def example(text: str) -> str:
    """Return the ARN *text*, with a name where it has a wildcard."""
    arn = Arn.parse(text)
    return concrete(arn) if arn else text


def _pattern(text: str) -> Pattern:
    return Pattern(arn_steps((Piece(text, live=True),)))

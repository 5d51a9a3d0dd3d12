"""In which order roles come into being: IAM takes a trust policy only where the roles that it names exist."""

from collections.abc import Iterator, Mapping

from rolemgr.iam.documents import TrustPolicy


def trusted_first(trusts: Mapping[str, TrustPolicy]) -> tuple[str, ...]:
    """Return the ARNs of *trusts* (each role's trust policy by its ARN), a trusted role before those that trust it."""
    placed: dict[str, None] = {}
    for arn in trusts:
        _place(arn, trusts, placed, frozenset())
    return tuple(placed)


def _place(arn: str, trusts: Mapping[str, TrustPolicy], placed: dict[str, None], above: frozenset[str]) -> None:
    for trusted in _trusted(trusts[arn]):
        if trusted in trusts and trusted not in above and trusted != arn:
            _place(trusted, trusts, placed, above | {arn})
    placed[arn] = None


def _trusted(policy: TrustPolicy) -> Iterator[str]:
    for statement in policy.statement:
        if isinstance(statement.principal, Mapping):
            yield from statement.principal.get("AWS", ())

"""What role files mean to be: limits, tags, roles that are passed, buckets, and whom they let in from outside."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.choice import ChosenGuardrail
from rolemgr.detective.values import TrustedBy
from rolemgr.errors import InputError
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import as_pattern
from rolemgr.model.role import ComposedRole
from rolemgr.model.spec import RoleSpec
from rolemgr.workflow.choices import role_source
from rolemgr.workflow.many import matching_files
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import render_source


class IntendedByRoles(NamedTuple):
    """What role files mean."""

    guardrails: tuple[ChosenGuardrail, ...]
    tag_keys: tuple[str, ...]
    passed: tuple[str, ...]
    trusts: tuple[TrustedBy, ...]
    buckets: tuple[str, ...]
    partition: str | None


def intended_by(
    catalog: Catalog, names: Sequence[str], folders: Sequence[str], outside: Outside, by_hand: frozenset[str]
) -> IntendedByRoles:  # fmt: skip
    """
    Return what the role files *names* mean, read with the catalogs in *folders*, but for guardrails chosen *by_hand*.

    Raises InputError where two differ in what can't be joined.
    """
    files = list(names) if tuple(names) == ("-",) else matching_files(names, outside)
    quiet = lambda _: None  # noqa: E731 - what there is to say of a role `create` says
    roles: list[ComposedRole] = []
    for name in files:
        flags = {"role": name, "catalog": tuple(folders)}
        source = role_source(flags, outside.environ, outside.read)
        roles.append(render_source(source, {}, quiet, verbose=False).role)
    return IntendedByRoles(
        _joined_guardrails(catalog, roles, by_hand),
        tuple(dict.fromkeys(key for role in roles for key in role.spec.abac)),
        tuple(dict.fromkeys(arn for role in roles for arn in _passed(role))),
        tuple(_trusts(roles)),
        tuple(dict.fromkeys(bucket for role in roles for bucket in _buckets(role.spec))),
        roles[0].spec.partition_name if roles else None,
    )


def _passed(role: ComposedRole) -> Iterator[str]:
    """Yield the roles that *role* may pass; a policy variable stands for any text, as one role has many callers."""
    for statement in role.unfolded:
        if statement.effect is Effect.ALLOW and "iam:PassRole" in statement.actions:
            yield from map(as_pattern, statement.resources)


def _trusts(roles: Iterable[ComposedRole]) -> Iterator[TrustedBy]:
    """
    Yield whom each role lets in from outside of its account; the account's own are nobody's finding.

    An OIDC provider is left out: of GitHub's the condition on the repository decides, of which an archive rule knows
    nothing, so that a role for any repository would be archived too.
    """
    for role in roles:
        trusted = [one.principal for one in role.trust]
        principals = [text for one in trusted for text in one.get("AWS", ()) if _account(text) != role.spec.account]
        federated = [text for one in trusted for text in one.get("Federated", ()) if ":saml-provider/" in text]
        if principals or federated:
            account_ids = [_bare(text) for text in principals]
            yield TrustedBy(role.spec.arn, tuple(dict.fromkeys(account_ids)), tuple(dict.fromkeys(federated)))


def _account(text: str) -> str:
    found = Arn.parse(text)
    return found.account if found else text


def _bare(text: str) -> str:
    """Return a principal as Access Analyzer names it: an account by its id, a role by its ARN."""
    found = Arn.parse(text)
    return found.account if found and found.resource == "root" else text


def _buckets(spec: RoleSpec) -> list[str]:
    """Return the buckets that a role file names, or SageMaker's default bucket."""
    named = [*spec.bucket, *spec.parameter.get("data_buckets", ()), *spec.parameter.get("work_buckets", ())]
    return named or [f"sagemaker-{spec.region}-{spec.account}"]


def _joined_guardrails(
    catalog: Catalog, roles: Sequence[ComposedRole], by_hand: frozenset[str]
) -> tuple[ChosenGuardrail, ...]:
    """
    Return the guardrails of *roles*, each with what any of them allows.

    Raises InputError where two roles have different values for what takes one: which is meant nobody can tell.
    """
    found: dict[str, ChosenGuardrail] = {}
    for role in roles:
        for one in (guardrail for guardrail in role.guardrails if guardrail.name not in by_hand):
            guardrail = catalog.guardrail(one.name)
            new = ChosenGuardrail(one.name, guardrail, tuple(sorted(one.values.items())), one.where, one.by)
            found[one.name] = _join(found[one.name], new) if one.name in found else new
    return tuple(found[name] for name in sorted(found))


def _join(old: ChosenGuardrail, new: ChosenGuardrail) -> ChosenGuardrail:
    declared, values = old.guardrail.value.parameters, dict(old.values)
    for name, texts in new.values:
        before = values.get(name, ())
        if before == texts:
            continue
        if name not in declared or not declared[name].many:
            shown = " and ".join(", ".join(one) or "none" for one in (before, texts))
            hint = f"give --guardrail {old.name}=VALUE, which counts for all"
            raise InputError(new.where, f"role files differ in `{old.name}`: {shown}", hint)
        values[name] = tuple(sorted({*before, *texts}))
    return old._replace(values=tuple(sorted(values.items())))

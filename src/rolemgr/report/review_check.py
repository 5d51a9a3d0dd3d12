"""What `check` found in a role, and what is proven of its persona's `never`, in short sentences."""

from collections.abc import Iterator, Sequence

from rolemgr.catalog.load import Catalog
from rolemgr.check.finding import Finding
from rolemgr.model.role import ComposedRole
from rolemgr.report.review_attached import not_at_hand
from rolemgr.separation.closure import closure_of, passed_roles


def checked(role: ComposedRole, catalog: Catalog, findings: Sequence[Finding], suppressed: int) -> Iterator[str]:
    """Yield what was found, for whom the forbidden requests are proven to be denied, and what is not proven."""
    yield _found(findings, suppressed)
    if role.spec.break_separation:
        yield "NOT KEPT: what the persona must never do, for the reason given"
        return
    if not role.persona.never:
        yield "the persona forbids nothing: it has no `never`"
        return
    reached = closure_of(catalog, role)
    kept = _kept(role, catalog, {one.spec.arn for one in reached.known})
    unknown = not_at_hand(role)
    if unknown:
        yield f"NOT PROVEN: {', '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} unknown; without it, {kept}"
    else:
        yield kept
    if reached.unknown:
        yield f"NOT PROVEN: what {len(reached.unknown)} other roles that it reaches may do"


def _found(findings: Sequence[Finding], suppressed: int) -> str:
    rules: dict[str, list[str]] = {}
    for one in findings:
        rules.setdefault(one.severity, []).append(one.rule)
    told = (f"{len(each)} {name} ({', '.join(dict.fromkeys(each))})" for name, each in rules.items())
    found = ", ".join(told) or "no finding"
    return f"{found}{f', {suppressed} suppressed by rolemgr-check.yaml' if suppressed else ''}"


def _kept(role: ComposedRole, catalog: Catalog, others: set[str]) -> str:
    """Return how many entries of `never` are proven for the role, and how many for the *others* that it reaches."""
    count = len(role.persona.never)
    of_others = count - sum(one.forbidden.directly for one in role.persona.never)
    denied = f"this role: {'the forbidden request' if count == 1 else f'all {count} forbidden requests'} denied"
    if not others or not of_others:
        return denied
    passes = others <= {one.arn for one in passed_roles(catalog, role)}
    which = f"the {'role' if len(others) == 1 else f'{len(others)} roles'} it {'passes' if passes else 'reaches'}"
    supposed = "if as its persona makes it" if len(others) == 1 else "if as their personas make them"
    told = "all of them" if of_others == count else f"the {of_others} that are about them"
    return f"{denied}; {which}, {supposed}: {told}, too"

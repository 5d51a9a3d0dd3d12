"""In what a role in an account differs from the one that is wanted."""

from collections.abc import Iterator, Mapping

from rolemgr.account.ownership import without_own_tags
from rolemgr.account.read import AccountRole
from rolemgr.model.policy import PolicyDocument
from rolemgr.model.role import RoleDocuments


def describe_difference(old: AccountRole, new: RoleDocuments) -> tuple[str, ...]:
    """
    Return what differs between the role *old* in an account and the wanted *new* one, a sentence each.

    Nothing where they have the same content. rolemgr's own tags are left out, and the ARNs of the managed
    policies that it made for the role stand for their documents.
    """
    return tuple(_differences(old, new))


def own_policies(role: AccountRole, new: RoleDocuments) -> Mapping[str, PolicyDocument | None]:
    """Return by name the documents of the policies attached to *role* that rolemgr made, or *new* would make."""
    wanted = {policy.name for policy in new.managed_policies}
    return {
        policy.name: policy.document
        for policy in role.attached
        if policy.belongs_to(role.name) or (policy.name in wanted and policy.arn.endswith(f"{new.path}{policy.name}"))
    }


def _differences(old: AccountRole, new: RoleDocuments) -> Iterator[str]:
    yield from _changed("path", old.path, new.path)
    yield from _changed("description", old.description, new.description)
    yield from _changed("session length", f"{old.max_session} s", f"{new.max_session} s")
    yield from _changed("permissions boundary", old.boundary, new.boundary)
    yield from _document("trust policy", old.trust_policy, new.trust_policy)
    inline = {policy.name: policy.document for policy in old.policies}
    yield from _documents("inline policy", inline, {policy.name: policy.document for policy in new.policies})
    own = own_policies(old, new)
    yield from _documents("managed policy", own, {policy.name: policy.document for policy in new.managed_policies})
    others = {policy.arn for policy in old.attached if policy.name not in own}
    yield from (f"attached policy {arn} is missing" for arn in sorted(set(new.attached) - others))
    yield from (f"attached policy {arn} is not wanted" for arn in sorted(others - set(new.attached)))
    yield from _tags(without_own_tags(old.tags), new.tags)


def _changed(what: str, old: str | None, new: str | None) -> Iterator[str]:
    if old != new:
        yield f"{what}: {_shown(old)} -> {_shown(new)}"


def _shown(text: str | None) -> str:
    return "none" if text is None else f"`{text}`"


def _tags(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        yield from _changed(f"tag {key}", old.get(key), new.get(key))


def _documents(kind: str, old: Mapping[str, PolicyDocument | None], new: Mapping[str, PolicyDocument]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        what = f"{kind} {name}"
        if name not in new:
            yield f"{what} is not wanted"
        elif name not in old:
            yield f"{what} is missing"
        else:
            yield from _document(what, old[name], new[name])


def _document(what: str, old: PolicyDocument | None, new: PolicyDocument) -> Iterator[str]:
    if old == new:
        return
    before = {one.sid: one for one in old.statements()} if old else {}
    after = {one.sid: one for one in new.statements()}
    added = [str(sid) for sid in after if sid not in before]
    removed = [str(sid) for sid in before if sid not in after]
    changed = [str(sid) for sid in after if sid in before and before[sid] != after[sid]]
    parts = [("new", added), ("gone", removed), ("changed", changed)]
    said = "; ".join(f"{word} {', '.join(sids)}" for word, sids in parts if sids)
    yield f"{what}: {said or 'written in another order'}"

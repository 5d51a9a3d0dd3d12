"""The documents of a composed role, ready to be checked together."""

from rolemgr.check.document import Document, Kind
from rolemgr.check.finding import Finding
from rolemgr.check.read import read
from rolemgr.model.role import ComposedRole, RoleDocuments


def documents_of(made: RoleDocuments) -> list[Document]:
    """Return the trust policy and the inline and managed policies of the role *made*, as one group."""
    trust = (made.trust_policy.to_json_value(), Kind.TRUST, False)
    inline = [(policy.document.to_json_value(), Kind.IDENTITY, True) for policy in made.policies]
    managed = [(policy.document.to_json_value(), Kind.IDENTITY, False) for policy in made.managed_policies]
    return [
        read(Document(f"role {made.name}", kind, raw, lambda _: None, group=made.name, inline=is_inline))
        for raw, kind, is_inline in (trust, *inline, *managed)
    ]


def at_origin(finding: Finding, role: ComposedRole) -> Finding:
    """Return *finding* at the line of the catalog that its statement of *role* comes from, where there is one."""
    for statement in role.statements:
        if finding.sid and statement.sid == finding.sid and statement.origins:
            where = statement.origins[0].location
            return finding._replace(path=where.file, line=where.line)
    return finding

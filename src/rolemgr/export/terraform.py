"""
Terraform: the role as a module of one file in Terraform's JSON syntax.

Policies stand in locals, where people can read them, and are encoded where they are used. The inline policy
is not exclusive: Terraform leaves policies alone that somebody adds to the role by other means.
https://developer.hashicorp.com/terraform/language/syntax/json
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rolemgr.export.parameters import TemplateParameter
from rolemgr.export.portable import Portable
from rolemgr.export.stand_ins import (
    ACCOUNT,
    DNS_SUFFIX,
    IMAGE_ACCOUNTS,
    JUMPSTART_BUCKETS,
    PARTITION,
    REGION,
    REGION_IN_ARN,
    Hole,
    parts,
)

Json = dict[str, Any]

_EXPRESSIONS: Mapping[str, str] = {
    ACCOUNT: "data.aws_caller_identity.current.account_id",
    REGION: "data.aws_region.current.id",
    PARTITION: "data.aws_partition.current.partition",
    DNS_SUFFIX: "data.aws_partition.current.dns_suffix",
    IMAGE_ACCOUNTS: "one",
    JUMPSTART_BUCKETS: "one",
}
"""What fills a hole; in a list by region each value is ``one`` in turn. A region's id is its name in every version."""

_DATA = {ACCOUNT: "aws_caller_identity", REGION: "aws_region", PARTITION: "aws_partition"}
_ROLE = "${aws_iam_role.this.name}"


def module(made: Portable) -> Json:
    """Return the module that makes the role *made*, as data for a ``.tf.json`` file."""
    documents = made.documents
    data: Json = {_DATA[name]: {"current": {}} for name in (ACCOUNT, PARTITION, REGION) if name in made.free}
    sections: Json = {
        "//": f"IAM role {documents.name}. Made by rolemgr create --format terraform.",
        "terraform": {
            "required_version": ">= 1.3",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}},
        },
        "variable": {_variable_name(one.name): _variable(one) for one in made.parameters},
        "data": data,
        "locals": _locals(made),
        "resource": _resources(made),
        "output": {
            "role_arn": {"description": "The ARN of the role.", "value": "${aws_iam_role.this.arn}"},
            "role_name": {"description": "Its name.", "value": _ROLE},
        },
    }
    return {name: section for name, section in sections.items() if section}


def _variable_name(name: str) -> str:
    """Return the name of a parameter in Terraform's style: ``SecurityGroup1`` is ``security_group_1``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "_", name).lower()


def _variable(one: TemplateParameter) -> Json:
    name = _variable_name(one.name)
    matches = f'can(regex("^{one.pattern}$", var.{name})) && length(var.{name}) <= {one.longest}'
    return {
        "type": "string",
        "description": f"{one.description}.",
        "default": one.value,
        "validation": {
            "condition": f"${{{matches}}}",
            "error_message": literal(f"{name} must match {one.pattern}."),
        },
    }


def _locals(made: Portable) -> Json:
    """Return the policies of the role, and what differs by region."""
    documents = made.documents
    found: Json = {"trust_policy": in_terraform(documents.trust_policy.to_json_value(), made)}
    inline = [("permissions_policy", policy.document) for policy in documents.policies]
    boundary = [("boundary", documents.own_boundary.document)] if documents.own_boundary else []
    for name, document in (*inline, *_managed(made), *boundary):
        found[name] = in_terraform(document.to_json_value(), made)
    if made.lists:
        found["by_region"] = {
            region: {name: list(values) for name, values in lists.items()} for region, lists in made.by_region().items()
        }
    return found


def _managed(made: Portable) -> Iterator[tuple[str, Any]]:
    for number, policy in enumerate(made.documents.managed_policies, start=1):
        yield f"policy_{number}", policy.document


def _resources(made: Portable) -> Json:
    """Return the role and its policies; no Allow of a managed policy is attached before every Deny is there."""
    documents = made.documents
    inline: Json = {}
    for policy in documents.policies:
        encoded = _encoded("permissions_policy", made)
        inline["permissions"] = {"name": literal(policy.name), "role": _ROLE, "policy": encoded}
    denies = [name for name, _ in _managed(made)][: len(documents.deny_policies)]
    inline_first = [f"aws_iam_role_policy.{name}" for name in inline]
    first = inline_first + [f"aws_iam_role_policy_attachment.{name}" for name in denies]
    attachments: Json = {}
    for name, _ in _managed(made):
        attachments[name] = _attachment(f"${{aws_iam_policy.{name}.arn}}", inline_first if name in denies else first)
    for number, arn in enumerate(documents.attached, start=1):
        attachments[f"attached_{number}"] = _attachment(in_terraform(arn, made), first)
    return {
        "aws_iam_role": {"this": _role(made)},
        **({"aws_iam_role_policy": inline} if inline else {}),
        **({"aws_iam_policy": policies} if (policies := _policies(made)) else {}),
        **({"aws_iam_role_policy_attachment": attachments} if attachments else {}),
    }


def _attachment(arn: str, first: Sequence[str]) -> Json:
    return {"role": _ROLE, "policy_arn": arn, **({"depends_on": list(first)} if first else {})}


def _role(made: Portable) -> Json:
    documents = made.documents
    optional = {
        "permissions_boundary": _boundary(made),
        "tags": {literal(key): literal(documents.tags[key]) for key in sorted(documents.tags)},
    }
    return {
        "name": literal(documents.name),
        "path": literal(documents.path),
        "description": literal(documents.description),
        "max_session_duration": documents.max_session,
        "assume_role_policy": "${jsonencode(local.trust_policy)}",
        **{name: value for name, value in optional.items() if value},
    }


def _boundary(made: Portable) -> str | None:
    """Return the ARN of the role's boundary: of the one that is made here by reference, so that it comes first."""
    if made.documents.own_boundary:
        return "${aws_iam_policy.boundary.arn}"
    return str(in_terraform(made.documents.boundary, made)) if made.documents.boundary else None


def _policies(made: Portable) -> Json:
    documents = made.documents
    own = documents.own_boundary
    named = [(name, policy.name) for (name, _), policy in zip(_managed(made), documents.managed_policies, strict=True)]
    return {
        label: {"name": literal(name), "path": literal(documents.path), "policy": _encoded(label, made)}
        for label, name in [*named, *([("boundary", own.name)] if own else [])]
    }


def _encoded(name: str, made: Portable) -> str:
    """Return the expression of a policy as text; resources that a list by region gives come in a list of their own."""
    if not made.lists:
        return f"${{jsonencode(local.{name})}}"
    statements = f"[for one in local.{name}.Statement : merge(one, {{ Resource = flatten(one.Resource) }})]"
    return f"${{jsonencode(merge(local.{name}, {{ Statement = {statements} }}))}}"


def in_terraform(value: Any, made: Portable) -> Any:
    """Return a JSON *value* of the role as Terraform reads it: expressions in holes, all else literal."""
    if isinstance(value, str):
        return _text(parts(value, made.holes))
    if isinstance(value, list):
        return [in_terraform(one, made) for one in value]
    if isinstance(value, dict):
        return {literal(name): in_terraform(one, made) for name, one in value.items()}
    return value


def _text(found: Sequence[str | Hole]) -> str:
    text = "".join(
        _interpolated(part) if isinstance(part, Hole) else literal(part, before_hole=place < len(found))
        for place, part in enumerate(found, start=1)
    )
    by_region = next((part.name for part in found if isinstance(part, Hole) and part.by_region), None)
    if by_region is None:
        return text
    return f'${{[for one in local.by_region[data.aws_region.current.id].{by_region} : "{_quoted(text)}"]}}'


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _interpolated(hole: Hole) -> str:
    expression = _EXPRESSIONS.get(hole.name) or f"var.{_variable_name(hole.name)}"
    return f'${{split(":", {expression})[{REGION_IN_ARN}]}}' if hole.region_of_arn else f"${{{expression}}}"


def literal(text: str, *, before_hole: bool = False) -> str:
    """
    Return *text* so that Terraform reads it as it is.

    ``${`` and ``%{`` are escaped by doubling their sign; where the sign is doubled already, or stands before
    an expression, each is an expression of its own, for doubling would be read otherwise.
    """
    escaped = re.sub(r"[$%]+(?=\{)", lambda found: _escaped(found[0]), text)
    return re.sub(r"[$%]+$", lambda found: _as_expressions(found[0]), escaped) if before_hole else escaped


def _escaped(chars: str) -> str:
    return chars * 2 if len(chars) == 1 else _as_expressions(chars)


def _as_expressions(chars: str) -> str:
    return "".join(f'${{"{char}"}}' for char in chars)

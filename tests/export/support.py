"""
Judges of exports that share nothing with them: a resolver of templates, one of modules, and what an account holds.

The resolver knows the few functions of CloudFormation that the templates use, from AWS's documentation, and
refuses every other.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml
from tests.support import role_spec

from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.export.formats import FORMATS, Exported, Options, RoleToExport, check_options
from rolemgr.render.documents import render

CATALOG = Catalog()
ACCOUNT = "246813579024"
SUFFIXES = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-us-gov": "amazonaws.com"}
REGIONS = (
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
    "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1",
    "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1",
    "me-central-1", "me-south-1", "me-west-1", "mx-central-1", "sa-east-1", "sa-west-1", "us-east-1", "us-east-2",
    "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
)  # fmt: skip
"""Every region that the data knows and whose partition rolemgr renders for."""

NASTY = "It's \"a\" $(b) `c` ${d} $${e} %{f} %%{g} ${!h} @x \\ {{i}} !Sub\n- 'Ünï' & <j>: #k\n  JSON\nJSON"
"""What a description may hold: quotes, substitutions and escapes of every format, line breaks, Latin-1."""


def chosen(**choices: Any) -> RoleToExport:
    """Return the role that *choices* compose to, ready to be exported."""
    spec = role_spec(**choices)
    role = compose(CATALOG, spec)
    return RoleToExport(CATALOG, spec, role, render(role))


def exported(form: str, options: Options | None = None, **choices: Any) -> Exported:
    """Return the role that *choices* compose to in the format *form*."""
    check_options(form, options or Options())
    return FORMATS[form].export(chosen(**choices), options or Options())


def direct(**choices: Any) -> dict[str, Any]:
    """Return the properties of the role that *choices* render to, for one account and region."""
    return chosen(**choices).documents.to_properties()


def partition_of(region: str) -> str:
    """Return the partition of *region*, by its name."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


# What a role says, whatever its order.


def meaning(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a role's properties say: statements as one action on one resource each, Denies by where they are."""
    inline = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    managed = [policy["PolicyDocument"] for policy in properties.get("ManagedPolicies", [])]
    return {
        "name": properties["RoleName"],
        "path": properties["Path"],
        "description": properties["Description"],
        "session": properties["MaxSessionDuration"],
        "boundary": properties.get("PermissionsBoundary"),
        "attached": sorted(properties.get("ManagedPolicyArns", [])),
        "tags": {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])},
        "trust": atoms([properties["AssumeRolePolicyDocument"]]),
        "allows": atoms([*inline, *managed], "Allow"),
        "inline denies": atoms(inline, "Deny"),
        "all denies": atoms([*inline, *managed], "Deny"),
    }


def atoms(policies: Iterable[Mapping[str, Any]], effect: str | None = None) -> set[str]:
    """Return the statements of *policies* with the *effect*, in texts that compare."""
    return {text for policy in policies for one in policy["Statement"] if effect in (None, one["Effect"])
            for text in _atoms(one)}  # fmt: skip


def _atoms(statement: Mapping[str, Any]) -> Iterator[str]:
    rest = {key: value for key, value in statement.items() if key not in ("Sid", "Action", "Resource")}
    for action in listed(statement["Action"]):
        for resource in listed(statement.get("Resource", "")):
            yield json.dumps([action, resource, _sorted(rest)], sort_keys=True)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(one) for key, one in value.items()}
    return sorted(set(value)) if isinstance(value, list) else [value] if isinstance(value, str) else value


def listed(value: Any) -> list[Any]:
    """Return *value* as a list where it is none."""
    return value if isinstance(value, list) else [value]


# CloudFormation.


class _Loader(yaml.SafeLoader):
    """Reads a template's tags as functions in their long form."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    read = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence}[type(node)]
    value = read(node, deep=True) if isinstance(node, yaml.SequenceNode) else read(node)  # type: ignore[operator]
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


def parsed(text: str) -> dict[str, Any]:
    """Return the template in *text*."""
    data: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    return data


def resolved(template: Mapping[str, Any], account: str, region: str, **parameters: str) -> dict[str, Any]:
    """Return the role's properties as CloudFormation makes them in *account* and *region*."""
    values = {name: one.get("Default") for name, one in template.get("Parameters", {}).items()} | parameters
    partition = partition_of(region)
    values |= {"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": partition}
    values |= {"AWS::URLSuffix": SUFFIXES[partition], "Role": template["Resources"]["Role"]["Properties"]["RoleName"]}
    values |= {name: name for name in template["Resources"] if name.startswith("Policy")}
    found = {name: _resolve(one, values, template.get("Mappings", {})) for name, one in template["Resources"].items()}
    role = dict(found.pop("Role")["Properties"])
    first = [name for name in role.get("ManagedPolicyArns", []) if name in found]
    for name, one in found.items():
        attached = one["Properties"].get("Roles", [])
        denies = any(statement["Effect"] == "Deny" for statement in one["Properties"]["PolicyDocument"]["Statement"])
        assert denies == (name in first)
        assert attached == ([] if denies else [role["RoleName"]])
    arns = [arn for arn in role.pop("ManagedPolicyArns", []) if arn not in first]
    return {**role, "ManagedPolicyArns": arns, "ManagedPolicies": [one["Properties"] for one in found.values()]}


def _resolve(value: Any, values: Mapping[str, str], mappings: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_resolve(one, values, mappings) for one in value]
    if not isinstance(value, dict):
        return value
    match list(value.items()):
        case [("Ref", name)]:
            return values[name]
        case [("Fn::Sub", str(text))]:
            return _substituted(text, values)
        case [("Fn::Sub", [text, more])]:
            return _substituted(text, {**values, **_resolve(more, values, mappings)})
        case [("Fn::Select", [place, options])]:
            return _resolve(options, values, mappings)[place]
        case [("Fn::Split", [separator, text])]:
            return _resolve(text, values, mappings).split(separator)
        case [("Fn::FindInMap", [name, first, second])]:
            return mappings[name][_resolve(first, values, mappings)][second]
    assert not any(name.startswith("Fn::") for name in value), value
    return {name: _resolve(one, values, mappings) for name, one in value.items()}


def _substituted(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{(!?)([^}]*)\}", lambda found: f"${{{found[2]}}}" if found[1] else values[found[2]], text)


# Terraform.


def filled(made: Mapping[str, Any], region: str, **variables: str) -> dict[str, Any]:
    """Return the properties of the role in a module that is applied in *region*."""
    partition = partition_of(region)
    values = {
        "data.aws_caller_identity.current.account_id": ACCOUNT, "data.aws_region.current.id": region,
        "data.aws_partition.current.partition": partition, "data.aws_partition.current.dns_suffix": SUFFIXES[partition],
        "jsonencode(local.trust_policy)": "",
    } | {f"var.{name}": value for name, value in variables.items()}  # fmt: skip
    policies = made["locals"]
    lists = policies.get("by_region", {}).get(region, {})
    found = {name: _filled(policies[name], values, lists) for name in policies if name != "by_region"}
    role = _filled(made["resource"]["aws_iam_role"]["this"], values, {})
    return {
        "RoleName": role["name"], "Path": role["path"], "Description": role["description"],
        "MaxSessionDuration": role["max_session_duration"], "AssumeRolePolicyDocument": found.pop("trust_policy"),
        "Policies": [{"PolicyDocument": found.pop(name)} for name in ("permissions_policy",) if name in found],
        "ManagedPolicies": [{"PolicyDocument": one} for one in found.values()],
        "Tags": [{"Key": key, "Value": value} for key, value in role.get("tags", {}).items()],
    }  # fmt: skip


def _filled(value: Any, values: Mapping[str, str], lists: Mapping[str, list[str]]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, values, lists) for name, one in value.items()}
    if isinstance(value, list):
        return [found for one in value for found in _elements(one, values, lists)]
    return _text(value, values)


def _elements(value: Any, values: Mapping[str, str], lists: Mapping[str, list[str]]) -> Iterator[Any]:
    by_region = re.fullmatch(r'\$\{\[for one in local\.by_region\[[a-z_.]+\]\.(\w+) : "(.*)"\]\}', str(value))
    if by_region:
        yield from (_text(by_region[2], {**values, "one": one}) for one in lists[by_region[1]])
    else:
        yield _filled(value, values, lists)


def _text(value: Any, values: Mapping[str, str]) -> Any:
    return _TEMPLATE.sub(lambda one: _part(one, values), value) if isinstance(value, str) else value


_TEMPLATE = re.compile(r'([$%])\1\{|\$\{"([^"]*)"\}|\$\{([^}"]*)\}')
"""An escaped sign and its brace, an expression that is a text, and any other expression."""


def _part(found: "re.Match[str]", values: Mapping[str, str]) -> str:
    sign, text, expression = found.groups()
    return f"{sign}{{" if sign else values[expression] if text is None else text


# An account.


def role_of(iam: Any, name: str) -> dict[str, Any]:
    """Return the properties of the role *name* as the IAM client *iam* finds them, its own policies apart."""
    role = iam.get_role(RoleName=name)["Role"]
    policies = [
        {"PolicyDocument": _read(iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"])}
        for one in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    arns = [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]]
    own = [
        arn
        for arn in arns
        if re.search(rf"/{re.escape(name)}-(denies|sagemaker|sagemaker-and-others|others)(-[0-9]+)?$", arn)
    ]
    properties = {key: role[key] for key in ("RoleName", "Path", "MaxSessionDuration", "AssumeRolePolicyDocument")}
    return {
        **properties,
        "Description": role.get("Description", ""),
        "Tags": role.get("Tags", []),
        "PermissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "ManagedPolicyArns": [arn for arn in arns if arn not in own],
        "Policies": policies,
        "ManagedPolicies": [{"PolicyDocument": _document(iam, arn)} for arn in own],
    }


def _document(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return _read(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def _read(document: Any) -> Any:
    """Return a policy, which moto's CloudFormation keeps as Python writes it."""
    return ast.literal_eval(document) if isinstance(document, str) else document

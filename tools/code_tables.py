"""
Makes the tables that `rolemgr migrate --code` reads code with, from what is installed or unpacked in a folder.

    python tools/code_tables.py boto3                      # of the installed boto3 and botocore
    python tools/code_tables.py sagemaker v2 FOLDER...     # of the SDK's unpacked wheels
    python tools/code_tables.py sagemaker v3 FOLDER...

Names alone are taken: of classes, methods, parameters and API operations. Nothing of the SDK is imported or run.
"""

import json
import sys
from pathlib import Path

import botocore.session
from boto3.session import Session

import rolemgr
from rolemgr.reference.services import action_names, service_exists

DATA = Path(rolemgr.__file__).parent / "code" / "data"


def boto3_table() -> dict[str, object]:
    """Return the prefixes of clients, the operations of waiters, boto3's resources, and the names of all methods."""
    session = botocore.session.get_session()
    prefixes, waiters = {}, {}
    methods: dict[str, set[str]] = {}
    for client in session.get_available_services():
        model = session.get_service_model(client)
        for verb, _, rest in (_snake(name).partition("_") for name in model.operation_names):
            methods.setdefault(verb, set()).add(rest)
        if (prefix := _prefix(client, model)) != client:
            prefixes[client] = prefix
        try:
            config = session.get_waiter_model(client)
        except Exception:  # noqa: S112 - botocore has several errors for a service without waiters
            continue
        waiters[client] = {_snake(name): config.get_waiter(name).operation for name in config.waiter_names}
    made = {name: _resources(name) for name in Session().get_available_resources()}
    versions = f"PyPI botocore {botocore.__version__}"
    names = {verb: " ".join(sorted(rest)) for verb, rest in methods.items()}
    return {"source": versions, "services": prefixes, "waiters": waiters, "resources": made, "methods": names}


def _snake(name: str) -> str:
    return str(botocore.xform_name(name))


def _prefix(client: str, model: object) -> str:
    """Return the IAM prefix that has most of the operations of *client* among its actions; "" for none."""
    data = model.metadata  # type: ignore[attr-defined]
    named = (client, data.get("signingName"), data.get("endpointPrefix"), data.get("serviceId", "").lower())
    tried = [one for one in dict.fromkeys(named) if one and service_exists(one)]
    operations = [one.lower() for one in model.operation_names]  # type: ignore[attr-defined]
    return max(tried, key=lambda one: sum(name in action_names(one) for name in operations), default="")


def _resources(service: str) -> dict[str, object]:
    raw = Session()._loader.load_service_model(service, "resources-1")
    return {"service": _resource(raw["service"]), **{name: _resource(one) for name, one in raw["resources"].items()}}


def _resource(raw: dict) -> dict[str, object]:  # type: ignore[type-arg]
    """Return the identifiers of a resource, and the operations of its actions and collections by their names."""
    found: dict[str, object] = {}
    if names := [one["name"] for one in raw.get("identifiers", ())]:
        found["identifiers"] = names
    actions = {_snake(name): [one["request"]["operation"]] for name, one in raw.get("actions", {}).items()}
    waits = {f"wait_until_{_snake(name)}": one["waiterName"] for name, one in raw.get("waiters", {}).items()}
    if load := raw.get("load"):
        actions |= {"load": [load["request"]["operation"]], "reload": [load["request"]["operation"]]}
    if actions:
        found["actions"] = actions
    makes = {_snake(name): one["resource"]["type"] for name, one in raw.get("actions", {}).items() if "resource" in one}
    has = {name: one["resource"]["type"] for name, one in raw.get("has", {}).items()}
    collections = {
        _snake(name): {
            "calls": one["request"]["operation"],
            **({"item": one["resource"]["type"]} if "resource" in one else {}),
        }
        for name, one in raw.get("hasMany", {}).items()
    }
    batch = {_snake(name): [one["request"]["operation"]] for name, one in raw.get("batchActions", {}).items()}
    rest = {"batch": batch, "makes": makes, "has": has, "collections": collections, "waits": waits}
    return {**found, **{key: one for key, one in rest.items() if one}}


def main(words: list[str]) -> None:
    """Make the table that the words of the command line name."""
    if words[:1] == ["boto3"]:
        path, data = DATA / "boto3.json", boto3_table()
        path.write_text(json.dumps(data, indent=None, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])

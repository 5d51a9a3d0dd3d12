"""RM6, continued: secrets and keys without naming them, and all of a service that holds what must be kept."""

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from rolemgr.check.document import Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import is_administrator, says_not_on_what
from rolemgr.check.patterns import actions_of, is_open
from rolemgr.check.rule import IAM, PERMISSIONS, Hit, listed, statement_rule
from rolemgr.check.rules.acting import open_resource
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.services import action_names


@cache
def _table() -> Any:
    return json.loads((Path(__file__).parent.parent / "sensitive.json").read_bytes())


@cache
def _secrets() -> Mapping[str, str]:
    return {entry["action"]: entry["what"] for entry in _table()["secrets"]}


@cache
def _services() -> Mapping[str, str]:
    return {entry["service"]: entry["holds"] for entry in _table()["services"]}


@statement_rule(
    "RM610", "reads-every-secret", Severity.SECURITY_WARNING, "secrets, parameters or keys are not named",
    "https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def reads_every_secret(statement: Statement) -> Iterator[Hit]:
    """
    Reading secrets or parameters, or decrypting, on `*` or on every name of an account: passwords of others,
    and with KMS whatever the data's own policies leave to the key.

    Name them by their ARN or a prefix. For keys of a service `kms:ViaService`, for a project's a tag
    (aws:ResourceTag) will do: a condition that says on what is enough.
    """
    if is_administrator(statement) or not says_not_on_what(statement):
        return
    found: dict[tuple[str, str], list[str]] = {}
    for name, what in _secrets().items():
        if statement.named(name) and (where := open_resource(statement, name)):
            found.setdefault((what, where), []).append(name)
    for (what, where), names in found.items():
        reads = "reads" if len(names) == 1 else "read"
        yield Hit(f"{listed(names)} on `{where}` {reads} {what}", statement.at("Resource", where), names[0])


@statement_rule(
    "RM611", "all-of-a-sensitive-service", Severity.SUGGESTION, "every action of a service that keeps secrets or data",
    IAM + "best-practices.html#grant-least-privilege", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def all_of_a_sensitive_service(statement: Statement) -> Iterator[Hit]:
    """
    `s3:*`, `kms:*`, `secretsmanager:*` and the like on everything also allow deleting, and writing the
    policies that say who else gets in.

    List the actions, or name the resources: `s3:*` on one's own bucket is not reported.
    """
    if not says_not_on_what(statement):
        return
    for action in statement.actions:
        service = action.partition(":")[0].lower()
        if (holds := _services().get(service)) and _is_all(action, service) and _any_open(statement, action):
            yield Hit(f"`{action}` is every action of what holds {holds}", statement.at("Action", action), action)


def _any_open(statement: Statement, pattern: str) -> bool:
    """Tell whether some resource of *statement* is every one of some type of the service."""
    return any(is_open(resource, action) for resource in statement.wide_resources for action in actions_of(pattern))


@lru_cache(maxsize=4_096)
def _is_all(pattern: str, service: str) -> bool:
    return has_wildcard(pattern) and len(actions_of(pattern)) == len(action_names(service))

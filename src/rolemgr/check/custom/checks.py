"""Custom checks as they are read from a file, with their reference policies."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rolemgr.check.branches import families
from rolemgr.check.custom.names import wrong_names
from rolemgr.check.custom.policies import are_alike
from rolemgr.check.custom.subjects import subjects_of
from rolemgr.check.document import GRANTING, Document
from rolemgr.check.rules import all_rules
from rolemgr.check.sources import documents, parse
from rolemgr.errors import InputError, SourceLocation, raise_all
from rolemgr.files.source import SourceFile, read_text
from rolemgr.iam.documents import PolicyType
from rolemgr.model.custom_checks import CustomCheck, CustomChecks
from rolemgr.model.source import parse_model

SOURCE: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html"
_LOOKS_AT: Final = {
    "no_public_access": frozenset({PolicyType.RESOURCE, PolicyType.TRUST}),
    "access_granted": frozenset({PolicyType.IDENTITY}),
}
"""What a check looks at unless it says so itself, where that is not all that gives access."""


@dataclass(frozen=True)
class Custom:
    """A check as it is run: where it stands, and the reference policies of `no_new_access`."""

    check: CustomCheck
    where: SourceLocation
    reference: tuple[Document, ...] = ()

    @property
    def kinds(self) -> frozenset[PolicyType]:
        """The types of policies that it looks at."""
        if self.check.types is not None:
            return frozenset(map(PolicyType, self.check.types))
        if self.reference:
            return frozenset(one.kind for one in self.reference)
        found = _LOOKS_AT.get(self.check.kind, GRANTING)
        return found - {PolicyType.TRUST} if self.check.names_resources else found


def read_checks(source: SourceFile) -> list[Custom]:
    """Return the checks of *source*; raise InputError (or Problems) with the line of what is not a check."""
    file = parse_model(source, CustomChecks)
    raise_all(list(wrong_names(file)))
    found = file.value.checks
    return [_custom(source, place, check) for place, check in enumerate(found)]


def refuse_twins(found: list[Custom]) -> list[Custom]:
    """Return *found*; raise InputError where two have one id, or one that is a rule's."""
    seen: dict[str, Custom] = {}
    for custom in found:
        folded = custom.check.id.lower()
        if any(folded in (rule.id.lower(), rule.name) for rule in all_rules().values()):
            raise InputError(custom.where, f"`{custom.check.id}` is the id or name of a rule", "choose another")
        if folded in seen:
            raise InputError(custom.where, f"`{custom.check.id}` is also the id of a check at {seen[folded].where}")
        seen[folded] = custom
    return found


def explained(custom: Custom) -> str:
    """Return what the check asks, and why."""
    model = getattr(custom.check, custom.check.kind)
    asks = "" if model is True else f" {json.dumps(model.model_dump(mode='json', exclude_defaults=True))}"
    types = ", ".join(sorted(custom.kinds))
    return f"{custom.check.reason}\n\n{custom.check.kind}{asks}\nLooks at policies of type: {types}."


def _custom(source: SourceFile, place: int, check: CustomCheck) -> Custom:
    where = source.at(("checks", place))
    if check.no_new_access is None:
        return Custom(check, where)
    at = source.at(("checks", place, "no_new_access", "policy"))
    reference = tuple(_reference(check.no_new_access.policy, source, at))
    for kind in map(PolicyType, check.types or ()):
        if not any(are_alike(one.kind, kind) for one in reference):
            raise InputError(at, f"the reference says nothing about policies of type {kind}", "see `types`")
    return Custom(check, where, reference)


def _reference(named: Any, source: SourceFile, where: SourceLocation) -> list[Document]:
    """Return the reference policies: the document itself, or those in the file that is named."""
    name, text = source.name, json.dumps(named)
    if isinstance(named, str):
        path = Path(source.name).parent / named
        if not path.is_file():
            raise InputError(where, f"there is no file `{named}` beside this one")
        name, text = str(path), read_text(path)
    as_json = not name.endswith((".yaml", ".yml")) or not isinstance(named, str)
    found = documents(parse(text, name, as_json=as_json), text, name)
    if not found:
        raise InputError(where, "holds no policy")
    subjects = (subject for family in families(found) for group in family.groups for subject in subjects_of(group))
    for subject in subjects:
        if isinstance(subject.policies, str):
            raise InputError(where, f"the reference policy can't be read: {subject.policies}")
    return found

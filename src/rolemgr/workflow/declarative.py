"""Declarative policies of an organization: how a service is set in every account, in the forms that tools take."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from rolemgr.errors import InputError, SourceLocation
from rolemgr.export import organization
from rolemgr.files.json import strict_json
from rolemgr.files.source import ANSWER_LIMITS
from rolemgr.files.write import to_json, to_template
from rolemgr.model.layer import DeclarativeDocument
from rolemgr.reference.organizations import declarative
from rolemgr.workflow.outside import Outside

DECLARATIVE_FORMS: Final = {"json": "{name}.json", "cloudformation": "{name}.yaml", "aws-cli": "{name}.sh"}
"""The forms, and what each is called in a folder; Terraform's AWS provider does not know the type everywhere."""
_DESCRIPTION: Final = "Made by rolemgr: Block Public Access on in every account"


def make_declarative(kind: str, name: str | None, outside: Outside) -> DeclarativeDocument:
    """Return the declarative policy of *kind*, called *name*; say what it leaves open. Raises InputError for a name."""
    known = declarative(kind)
    called = name or f"rolemgr-{kind}"
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", called):
        problem = f"`{called}` is not a name of 1 to 128 letters, digits and _.-"
        raise InputError(SourceLocation("--name"), problem)
    for text in known.left_open:
        outside.say(text)
    text = json.dumps(known.content, separators=(",", ":"))
    return DeclarativeDocument(kind, known.type, called, _DESCRIPTION, text)


def declarative_text(made: DeclarativeDocument, form: str) -> str:
    """Return *made* in *form*, one of `DECLARATIVE_FORMS`."""
    return _TEXTS[form](made)


_TEXTS: Final[Mapping[str, Callable[[DeclarativeDocument], str]]] = {
    "json": lambda made: to_json(strict_json(made.text, ANSWER_LIMITS)),
    "cloudformation": lambda made: to_template(organization.template(made)),
    "aws-cli": organization.script,
}

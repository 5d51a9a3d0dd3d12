"""Values of AWS's answers as policy documents that the evaluator takes, or what is wrong with them."""

import json
from typing import Any, TypeVar

from rolemgr.errors import InputError, Problems
from rolemgr.evaluate.policies import Policies, read_policy
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import PolicyDocument, ResourceControlPolicy
from rolemgr.iam.role_document import decoded
from rolemgr.model.source import parse_model

Document = TypeVar("Document", bound=PolicyDocument)


class Documents:
    """Reads documents; the same text is read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[type, str], PolicyDocument | str] = {}

    def read(self, value: Any, kind: type[Document]) -> Document | str:
        """Return the document of *kind* that *value* is, or what is wrong with it."""
        key = kind, value if isinstance(value, str) else json.dumps(value)
        if key not in self._read:
            self._read[key] = parsed(value, kind)
        return self._read[key]  # type: ignore[return-value]  # the key has its type


def parsed(value: Any, kind: type[Document]) -> Document | str:
    """Return *value*, an object or text, as a document that the evaluator takes; or what is wrong with it."""
    if value is None:
        return "the document is missing"
    try:
        data = decoded(value) if isinstance(value, str) else value
        if not isinstance(data, dict):
            return "the document is not an object"
        document = parse_model(SourceFile("document", data, {}), kind).value
        _ask(document)
    except InputError as error:
        return error.problem
    except Problems as error:
        return error.problems[0].problem
    except (ValueError, RecursionError):
        return "the document is not valid JSON"
    return document


def _ask(document: PolicyDocument) -> None:
    """Raise as the evaluator would for *document*, whoever asks it first."""
    if isinstance(document, ResourceControlPolicy):
        _ = Policies(resource_control=((document,),)).groups
    else:
        read_policy(document)

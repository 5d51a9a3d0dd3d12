"""
boto3 as code uses it: sessions, clients, paginators, waiters, resources and their collections.

https://docs.aws.amazon.com/boto3/latest/guide/resources.html
"""

import ast
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rolemgr.code.expressions import CallArguments
from rolemgr.code.operations import boto_data, operation_of, service_of
from rolemgr.code.reading import Reading
from rolemgr.code.values import ANY_TEXT, AwsKind, AwsObject, TextValue, UnknownValue, Value, alternatives, text_of

_SESSIONS: Final = frozenset({"boto3.Session", "boto3.session.Session", "botocore.session.Session",
                              "botocore.session.get_session"})  # fmt: skip
_CLIENT_OF: Final = ("client", "create_client")
_QUIET: Final = frozenset({"close", "can_paginate", "exceptions", "meta", "get_available_subresources", "waiter_names"})
_ANSWER: Final = UnknownValue("AWS answers it", foreign=True)


class Boto:
    """What boto3's objects give and call; each call goes into *reading*."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def named(self, path: str, given: CallArguments, node: ast.Call) -> Value | None:
        """Return what a function of boto3 gives; None where *path* is not one of boto3."""
        if path in _SESSIONS:
            return AwsObject(AwsKind.BOTO_SESSION, "boto3", dict(given.named))
        if path in ("boto3.client", "boto3.resource"):
            return self._made(path.rpartition(".")[2], given, node)
        if path.partition(".")[0] in ("boto3", "botocore"):
            is_transfer = path == "boto3.s3.transfer.S3Transfer"
            return UnknownValue("boto3 gives it", of="boto3" if is_transfer or _holds_aws(given) else "")
        return None

    def _made(self, what: str, given: CallArguments, node: ast.Call) -> Value:
        """Return a client or resource of the service that the first argument names."""
        found = given.first("service_name")
        name = text_of(found) if found else ANY_TEXT
        if not name.exact:
            why = "which service it is of is not known"
            self._reading.cannot_tell(node, f"{what}(...)", why)
            return UnknownValue(why)
        kind = AwsKind.RESOURCE if what == "resource" else AwsKind.CLIENT
        name = TextValue(boto_data()["renamed"].get(name.pattern, name.pattern))
        if service_of(name.pattern) is None:
            self._reading.cannot_tell(node, f"{what}({name.pattern!r})", "AWS's reference has no such service")
        return AwsObject(kind, name.pattern)

    def attribute(self, owner: AwsObject, name: str) -> Value | None:
        """Return an attribute of *owner* that is not a method of it; None for methods."""
        if owner.kind is AwsKind.BOTO_SESSION and name in ("region_name", "profile_name"):
            return ANY_TEXT
        if owner.kind is AwsKind.CLIENT and name in ("exceptions", "meta"):
            return UnknownValue("boto3 has it", foreign=True)
        if owner.kind in (AwsKind.RESOURCE, AwsKind.RESOURCE_OBJECT) and name == "meta":
            client = AwsObject(AwsKind.CLIENT, owner.name.partition(".")[0])
            return AwsObject(AwsKind.ANSWER, "meta", {}, {"client": client})
        if owner.kind in (AwsKind.RESOURCE, AwsKind.RESOURCE_OBJECT):
            return self._of_resource(owner, name)
        return owner.attributes.get(name) if owner.kind is AwsKind.ANSWER else None

    def _of_resource(self, owner: AwsObject, name: str) -> Value | None:
        """Return a collection or an identifier of a resource."""
        known = _resource(owner)
        if name in known.get("collections", {}):
            return AwsObject(AwsKind.COLLECTION, f"{owner.name}|{name}", dict(owner.arguments))
        kind = owner.name.partition(".")[2]
        named = [key for key in owner.arguments if key.lower() == f"{kind.lower()}{name.replace('_', '')}"]
        if kind and name in ("name", "key", "bucket_name"):
            return next((owner.arguments[key] for key in named), owner.arguments.get(name, ANY_TEXT))
        return None

    def method(self, owner: AwsObject, name: str, given: CallArguments, node: ast.Call) -> Value:
        """Return what the method *name* of *owner* gives, its calls noted."""
        if owner.kind is AwsKind.BOTO_SESSION:
            if name in _CLIENT_OF or name == "resource":
                return self._made("client" if name in _CLIENT_OF else name, given, node)
            return UnknownValue("boto3 gives it", foreign=name != "get_credentials")
        if owner.kind is AwsKind.CLIENT:
            return self._of_client(owner, name, given, node)
        if owner.kind in (AwsKind.PAGINATOR, AwsKind.WAITER):
            self._reading.call(node, owner.name, [owner.name], given.named, is_open=given.open)
            return _ANSWER
        if owner.kind is AwsKind.COLLECTION:
            return self._of_collection(owner, name, given, node)
        if owner.kind is AwsKind.ANSWER:
            return _ANSWER
        return self._of_object(owner, name, given, node)

    def _of_client(self, owner: AwsObject, name: str, given: CallArguments, node: ast.Call) -> Value:
        if name == "get_paginator":
            return self._of_method(owner, given.first("operation_name"), AwsKind.PAGINATOR, node)
        if name == "get_waiter":
            return self._waiter(owner, given.first("waiter_name"), node)
        if name == "generate_presigned_url":
            return self._presigned(owner, given, node)
        if moved := boto_data()["transfers"].get(owner.name, {}).get(name):
            self._reading.call(node, f"{owner.name}.{name}", moved["calls"], given.bound(moved["parameters"]))
            return _ANSWER
        if name in _QUIET or service_of(owner.name) is None:
            return _ANSWER
        operation = operation_of(owner.name, name)
        if operation is None:
            self._reading.cannot_tell(node, f"{owner.name}.{name}", "no operation of this name is known")
            return _ANSWER
        self._reading.call(node, f"{owner.name}.{name}", [operation], given.named, is_open=given.open)
        return _ANSWER

    def _of_method(self, owner: AwsObject, named: Value | None, kind: AwsKind, node: ast.Call) -> Value:
        method = text_of(named) if named else ANY_TEXT
        operation = operation_of(owner.name, method.pattern) if method.exact else None
        if operation is None:
            self._reading.cannot_tell(node, f"{owner.name}.get_paginator", "which operation it is of is not known")
            return _ANSWER
        return AwsObject(kind, operation)

    def _waiter(self, owner: AwsObject, named: Value | None, node: ast.Call) -> Value:
        name = text_of(named) if named else ANY_TEXT
        operation = boto_data()["waiters"].get(owner.name, {}).get(name.pattern) if name.exact else None
        if operation is None:
            self._reading.cannot_tell(node, f"{owner.name}.get_waiter", "what it asks is not known")
            return _ANSWER
        return AwsObject(AwsKind.WAITER, f"{owner.name}.{operation}")

    def _presigned(self, owner: AwsObject, given: CallArguments, node: ast.Call) -> Value:
        """Note what the URL will be used for: it has the rights of who signed it."""
        bound = given.bound(("ClientMethod", "Params"))
        inner = getattr(bound.get("Params"), "entries", {})
        made = self._of_method(owner, bound.get("ClientMethod"), AwsKind.PAGINATOR, node)
        if isinstance(made, AwsObject):
            self._reading.call(node, f"{owner.name}.generate_presigned_url", [made.name], inner)
        return ANY_TEXT

    def _of_object(self, owner: AwsObject, name: str, given: CallArguments, node: ast.Call) -> Value:
        """Return what a method of a resource gives: another resource, or an answer of AWS."""
        service = owner.name.partition(".")[0]
        if service not in boto_data()["resources"]:
            self._reading.cannot_tell(node, f"{owner.name}.{name}", "resources of this service are not known")
            return _ANSWER
        known = _resource(owner)
        every = boto_data()["resources"][service]
        is_top = owner.kind is AwsKind.RESOURCE and name in every
        if made := name if is_top else known.get("has", {}).get(name):
            mine = every[made].get("identifiers", [])
            of = owner.name.partition(".")[2]
            outer = {(f"{of}{key}" if key == "Name" else key): one for key, one in owner.arguments.items()}
            inherited = [one for one in mine if one not in outer]
            return AwsObject(AwsKind.RESOURCE_OBJECT, f"{service}.{made}", {**outer, **given.bound(inherited)})
        calls = self._calls_of(owner, name)
        if calls is None:
            self._reading.cannot_tell(node, f"{owner.name}.{name}", "no method of this name is known")
            return _ANSWER
        arguments = {**owner.arguments, **given.bound(_TRANSFERRED.get(name, ())), **given.named}
        self._reading.call(node, f"{owner.name}.{name}", [f"{service}.{one}" for one in calls], arguments)
        item = known.get("makes", {}).get(name)
        return AwsObject(AwsKind.RESOURCE_OBJECT, f"{service}.{item}", dict(arguments)) if item else _ANSWER

    def _calls_of(self, owner: AwsObject, name: str) -> Sequence[str] | None:
        """Return the operations of a method of a resource; None where nobody knows it."""
        data, known = boto_data(), _resource(owner)
        if mine := data["resource_methods"].get(owner.name, {}).get(name):
            return [*mine]
        if waiter := known.get("waits", {}).get(name):
            service, folded = owner.name.partition(".")[0], waiter.lower()
            waiters = data["waiters"].get(service, {})
            return [one for key, one in waiters.items() if key.replace("_", "") == folded]
        found: Sequence[str] | None = known.get("actions", {}).get(name)
        return found

    def _of_collection(self, owner: AwsObject, name: str, given: CallArguments, node: ast.Call) -> Value:
        of, _, collection = owner.name.partition("|")
        service = of.partition(".")[0]
        known = _resource(AwsObject(AwsKind.RESOURCE_OBJECT, of))["collections"][collection]
        arguments = {**owner.arguments, **given.named}
        batch = _resource(AwsObject(AwsKind.RESOURCE_OBJECT, f"{service}.{known.get('item')}")).get("batch", {})
        calls = [known["calls"], *batch.get(name, ())]
        self._reading.call(
            node, f"{owner.name.replace('|', '.')}.{name}", [f"{service}.{one}" for one in calls], arguments
        )
        is_chain = name in ("filter", "all", "limit", "page_size")
        return AwsObject(AwsKind.COLLECTION, owner.name, arguments) if is_chain else _ANSWER

    def iterated(self, value: AwsObject, node: ast.AST | None) -> Value:
        """Return what a loop over *value* gives; a collection asks AWS when it is gone through, at *node*."""
        if value.kind is not AwsKind.COLLECTION:
            return _ANSWER
        of, _, collection = value.name.partition("|")
        service = of.partition(".")[0]
        known = _resource(AwsObject(AwsKind.RESOURCE_OBJECT, of))["collections"][collection]
        if node is not None:
            name = f"{value.name.replace('|', '.')}.all"
            self._reading.call(node, name, [f"{service}.{known['calls']}"], value.arguments)
        item = known.get("item")
        return AwsObject(AwsKind.RESOURCE_OBJECT, f"{service}.{item}", dict(value.arguments)) if item else _ANSWER


_TRANSFERRED: Final[Mapping[str, tuple[str, ...]]] = {
    "upload_file": ("Filename", "Key"), "upload_fileobj": ("Fileobj", "Key"),
    "download_file": ("Key", "Filename"), "download_fileobj": ("Key", "Fileobj"),
}  # fmt: skip


def _resource(owner: AwsObject) -> Mapping[str, Any]:
    service, _, kind = owner.name.partition(".")
    found: Mapping[str, Any] = boto_data()["resources"].get(service, {}).get(kind or "service", {})
    return found


def _holds_aws(given: CallArguments) -> bool:
    """Tell whether something of AWS is among what is *given*: what comes of it may call it."""
    return any(isinstance(one, AwsObject) for each in given.every() for one in alternatives(each))

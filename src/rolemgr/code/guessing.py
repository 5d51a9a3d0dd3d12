"""
What is called on something that is not known: its name may tell which operation it is, or that it may be one.

Nothing here is "no": what may be a call of AWS is said not to be known. https://docs.aws.amazon.com/boto3/latest/
"""

import ast
from typing import Final

from rolemgr.code.boto import Boto
from rolemgr.code.expressions import CallArguments, Expressions
from rolemgr.code.libraries import is_given, is_harmless, is_standard, is_tabled, module_data
from rolemgr.code.operations import boto_data, by_name_alone, may_be_operation, operation_of, service_of
from rolemgr.code.reading import Reading
from rolemgr.code.sdk import Sdk
from rolemgr.code.sdk_table import TOP, shown_of, table_of, tables
from rolemgr.code.values import (
    AwsKind,
    AwsObject,
    BoundMethod,
    CodeFunction,
    ListValue,
    MappingValue,
    TextValue,
    UnknownValue,
    Value,
    alternatives,
    text_of,
)

_CLIENT_LIKE: Final = (
    "client",
    "sagemaker",
    "sm",
    "s3",
    "boto",
    "boto3",
    "bedrock",
    "dynamodb",
    "sqs",
    "sns",
    "resource",
)
"""What code calls clients of boto3, or ends their names in."""
_ORDINARY: Final = frozenset(
    {name for kind in (str, bytes, dict, list, set, tuple, int) for name in dir(kind)}
    | {"close", "read", "write", "open", "load", "save", "next", "send", "result", "search", "match", "show", "plot",
       "wait", "run", "start", "stop", "list", "create", "delete", "describe", "add", "set", "name", "put", "query"}
)  # fmt: skip
"""Methods that anything may have: called on what nothing at all is known of, they say nothing."""
_RUN_WITH_REST: Final = ("submit", "run_in_executor", "to_thread", "partial", "call_soon", "apply_async")
"""What calls the function that it is given, with what comes behind it."""
_S3: Final = "s3://"
_NOT_READ: Final = "and is not read"
_NOT_READ_MODULE: Final = "which is not read"


class Guessing(Expressions):
    """Reads calls of what is not known."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading)
        self.boto, self.sdk = Boto(reading), Sdk(reading)
        self.given: frozenset[str] = frozenset()
        self._modules: set[str] = set()

    def is_described(self, path: str) -> bool:
        """Tell whether a table has what an import brings in as *path*."""
        return is_tabled(path) and (path.startswith("boto") or self.sdk.has(path))

    def may_have(self, owner: Value, name: str) -> bool:
        """Tell whether *owner* may have the attribute *name*: of an object of the SDK its table tells."""
        return not (isinstance(owner, AwsObject) and owner.kind is AwsKind.SDK) or self.sdk.may_have(owner, name)

    def imported(self, module: str, name: str, node: ast.AST) -> None:
        """Say that a *module*, of which *name* is taken, is neither read nor known."""
        top = module.partition(".")[0]
        if top in TOP and (name or "." in module):
            self.sdk.imports[f"{module}.{name}"] = None
        if is_tabled(module) or (top and is_harmless(module)) or is_given(module, name, self.given):
            self._modules.add(top)
            return
        shown = f"{module}{name}" if module.endswith(".") else module
        self.reading.cannot_tell(node, f"import {shown}", "is not among the files that are given, and may call AWS")

    def uses_aws(self) -> bool:
        """Tell whether the file imports boto3 or the SDK."""
        return bool(self._modules & {"boto3", "botocore", *TOP})

    def uses_the_sdk(self) -> bool:
        """Tell whether the file imports the SDK."""
        return bool(self._modules & {*TOP})

    def beyond(self, owner: AwsObject | BoundMethod) -> UnknownValue:
        """Return what an attribute or part of *owner* is that no table describes."""
        of = owner.owner if isinstance(owner, BoundMethod) else owner
        shown = shown_of(of) if of.kind is AwsKind.SDK else of.name
        shown += f".{owner.name}" if isinstance(owner, BoundMethod) else ""
        version = table_of(of).version if of.kind is AwsKind.SDK else ""
        return UnknownValue(f"a part of `{shown}`, which the tables do not describe", of=version or "boto3")

    def bound(self, method: BoundMethod, given: CallArguments, node: ast.Call) -> Value:
        """Return what a method of something of AWS gives."""
        owner = method.owner
        mine = self.sdk if owner.kind is AwsKind.SDK else self.boto
        return mine.method(owner, method.name, given, node)

    def guessed(self, function: UnknownValue, node: ast.Call, given: CallArguments) -> Value:
        """Return what a call of *function*, which is not known, gives: its name may tell which operation it is."""
        if not isinstance(node.func, ast.Attribute):
            return self._unknown_function(function, node, given)
        name = node.func.attr
        if (made := self._maker(name, given, node)) is not None:
            return made
        if name in ("get_paginator", "get_waiter"):
            return self._of_client(name, given, node)
        moved = boto_data()["transfers"]["s3"].get(name) if "_" in name else None  # `copy` is anything's
        operation = by_name_alone(name)
        if operation or moved:
            calls: list[str] = moved["calls"] if moved else [operation or ""]
            self.reading.call(node, name, calls, given.named, guessed=True, is_open=given.open or bool(moved))
            return UnknownValue("AWS answers it", foreign=True)
        self.hand_over(given, node, name, harmless=True)
        if self._may_be_of_aws(function, name, node.func):
            self.reading.cannot_tell(node, f"`.{name}`", f"what it is called on is not known: {function.why}")
        return UnknownValue("what is called is not known", of=function.of)

    def _unknown_function(self, function: UnknownValue, node: ast.Call, given: CallArguments) -> Value:
        self.hand_over(given, node, "what is not known", harmless=False)
        is_said = function.why.endswith(_NOT_READ_MODULE)  # where it is imported
        if isinstance(node.func, ast.Name) and self.uses_aws() and not is_said:
            self.reading.cannot_tell(node, f"`{node.func.id}`", f"what it calls is not known: {function.why}")
        return UnknownValue("what is called is not known")

    def _maker(self, name: str, given: CallArguments, node: ast.Call) -> Value | None:
        """Return the client or resource that a session that is not known makes; None for another call."""
        if name not in ("client", "resource", "create_client"):
            return None
        service = text_of(given.first("service_name") or UnknownValue(""))
        client = boto_data()["renamed"].get(service.pattern, service.pattern)
        if service.exact and service_of(client) is not None:
            return AwsObject(AwsKind.RESOURCE if name == "resource" else AwsKind.CLIENT, client)
        if self.uses_aws():
            self.reading.cannot_tell(node, f"{name}(...)", "which service it is of is not known")
        return UnknownValue("which service it is of is not known")

    def _of_client(self, name: str, given: CallArguments, node: ast.Call) -> Value:
        """Return the paginator of a client that is not known: its operation may be one client's alone."""
        method = text_of(given.first() or next(iter(given.named.values()), UnknownValue("")))
        operation = by_name_alone(method.pattern) if method.exact and name == "get_paginator" else None
        if operation is None:
            self.reading.cannot_tell(node, f"`.{name}`", "which client it is of is not known")
            return UnknownValue("AWS answers it", foreign=True)
        return AwsObject(AwsKind.PAGINATOR, operation)

    def _may_be_of_aws(self, function: UnknownValue, name: str, func: ast.Attribute) -> bool:
        """Tell whether *name*, called on what is not known, may be a call of AWS."""
        if function.of:
            is_known = any(name in one.calling for one in tables() if function.of in (one.version, "boto3"))
            return is_known or bool(may_be_operation(name)) or _is_resource(name)
        if not self.uses_aws() and may_be_operation(name) != "surely":
            return False
        if _is_resource(name) or may_be_operation(name) == "surely":
            return True
        if name in _ORDINARY:
            return False
        if self.uses_the_sdk() and any(name in one.calling for one in tables()):
            return True
        inner = func.value
        receiver = inner.attr if isinstance(inner, ast.Attribute) else inner.id if isinstance(inner, ast.Name) else ""
        return bool(may_be_operation(name)) and receiver.lower().split("_")[-1] in _CLIENT_LIKE

    def unread(self, given: CallArguments, node: ast.Call, path: str, *, harmless: bool) -> Value:
        """Return what a function of another library gives, and say what of AWS goes into it."""
        has_aws = self.hand_over(given, node, path, harmless=harmless)
        if harmless and not is_standard(path or "."):
            self._in_s3(given, node, path)
        return UnknownValue("it is made of something of AWS" if has_aws else "another library gives it", not has_aws)

    def hand_over(self, given: CallArguments, node: ast.Call, path: str, *, harmless: bool) -> bool:
        """
        Say what of AWS goes into code that is not read: it may call anything of it. Tell whether something does.

        A method that is handed over is taken to be called. Into what is *harmless* objects of the SDK may go.
        """
        found = False
        for number, one in enumerate(given.every()):
            for each in alternatives(one):
                rest = given.positional[number + 1 :] if number < len(given.positional) else ()
                if isinstance(each, BoundMethod) and self._can_be_called(each):
                    self.bound(each, CallArguments(rest, given.named, open=True), self.as_call(node))
                if isinstance(each, CodeFunction):
                    self.called(each, _for_function(given, rest, node), self.as_call(node))
                is_client = isinstance(each, AwsObject) and each.kind not in (AwsKind.ANSWER, AwsKind.SDK)
                is_sdk = isinstance(each, AwsObject) and each.kind is AwsKind.SDK and self.sdk.calls_anything(each)
                found = found or is_client or is_sdk
                if isinstance(each, AwsObject) and (is_client or (is_sdk and not harmless)) and not is_standard(path):
                    name = shown_of(each) if is_sdk else each.name
                    what = f"{each.kind.name.lower().replace('_', ' ')} of {name}" if is_client else name
                    shown = path or ast.unparse(node.func)[:60]
                    self.reading.cannot_tell(node, shown, f"it is given a {what}, {_NOT_READ}")
        return found

    def _can_be_called(self, method: BoundMethod) -> bool:
        if method.owner.kind is AwsKind.SDK:
            return self.sdk.is_method(method.owner, method.name)
        return method.owner.kind is AwsKind.CLIENT and operation_of(method.owner.name, method.name) is not None

    def as_call(self, node: ast.AST) -> ast.Call:
        """Return *node* as a call that stands where it stands."""
        return (
            node if isinstance(node, ast.Call) else ast.copy_location(ast.Call(ast.Name("_", ast.Load()), [], []), node)
        )

    def _in_s3(self, given: CallArguments, node: ast.Call, path: str) -> None:
        """Note what reads or writes a location at S3 that is given to it; say it of what may do either."""
        places = {name: one for name, one in enumerate(given.every()) if _is_place(one)}
        if not places:
            return
        name = node.func.attr if isinstance(node.func, ast.Attribute) else path.rpartition(".")[2]
        data, arguments = module_data()["s3"], {f"s3_uri_{key}": one for key, one in places.items()}
        if any(path.startswith(one) for one in data["reads"]["functions"]):
            self.reading.call(node, path, data["reads"]["calls"], arguments)
        elif name in data["writes"]["methods"]:
            self.reading.call(node, name, data["writes"]["calls"], arguments)
        elif name not in _ORDINARY and not path.startswith("IPython."):
            self.reading.cannot_tell(node, name or "call", "it is given a location at S3, which it may read or write")


def _for_function(given: CallArguments, rest: tuple[Value, ...], node: ast.Call) -> CallArguments:
    """Return what a function is called with that is handed over: to ``submit``, to a thread, or to anything else."""
    name = ast.unparse(node.func).rpartition(".")[2]
    if name in _RUN_WITH_REST:
        return CallArguments(rest, given.named, open=given.open)
    listed, named = given.named.get("args"), given.named.get("kwargs")
    if isinstance(listed, ListValue):
        entries = named.entries if isinstance(named, MappingValue) else {}
        return CallArguments(tuple(listed.items), entries, open=listed.open or given.open)
    return CallArguments(open=True)


def _is_place(value: Value) -> bool:
    return any(isinstance(one, TextValue) and one.pattern.startswith(_S3) for one in alternatives(value))


def _is_resource(name: str) -> bool:
    """Tell whether *name* makes a resource of boto3: ``Bucket``, ``Table``."""
    return any(name in one["service"].get("has", {}) for one in boto_data()["resources"].values())

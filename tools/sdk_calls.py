"""
Reads the SageMaker Python SDK's source and makes the tables by which `rolemgr migrate --code` knows it.

    python tools/sdk_calls.py v2 FOLDER            # a folder with sagemaker 2.x unpacked: FOLDER/sagemaker
    python tools/sdk_calls.py v3 FOLDER...         # sagemaker-core, -train, -serve and -mlops, unpacked

Of each class its bases, of each public method its parameters, and the API operations that its body, and what that
calls, can reach, with the conditions on its parameters: more than a run of it calls, which `sagemaker_rows.json`
narrows by hand (`cuts` and rows). Nothing of
the SDK is imported or run, and nothing but names of it gets into the table.
"""

import ast
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import rolemgr
from rolemgr.code.operations import boto_data, by_name_alone, operation_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.sdk_gives import Body, Gives
from tools.sdk_guards import Binding, CallPlace, Literals, bound_by, defaults_of, places_of, translated
from tools.sdk_modules import dotted
from tools.sdk_source import MAKERS, Source, Validator, bound_in, last
from tools.sdk_ways import Visit, as_rows, flat, merged, texts_in, through, unless_been

DATA = Path(rolemgr.__file__).parent / "code" / "data"
RECEIVERS = {
    "sagemaker_client": "sagemaker", "sm_client": "sagemaker", "sagemaker_runtime_client": "sagemaker-runtime",
    "sagemaker_featurestore_runtime_client": "sagemaker-featurestore-runtime", "s3_client": "s3", "s3": "s3",
    "sagemaker_metrics_client": "sagemaker-metrics", "lambda_client": "lambda", "iam_client": "iam",
    "bedrock_client": "bedrock", "sns_client": "sns", "pricing_client": "pricing",
    "event_bridge_scheduler_client": "scheduler", "event_bridge_rule_client": "events",
}  # fmt: skip
SESSIONS = ("sagemaker_session", "session", "self_instance", "_session", "sess", "sm_session")
LIBRARIES = frozenset({"re", "os", "json", "logging", "logger", "np", "pd", "time", "shutil", "path", "subprocess"})
COMMON = frozenset({
    "client", "resource", "search", "match", "submit", "map", "read", "write", "close", "wait", "load", "exists",
    "create", "group", "result", "terminate", "add_tags",
    *dir(str), *dir(dict), *dir(list), *dir(set),
})  # fmt: skip
COLLECTION = frozenset({"all", "filter", "limit", "page_size", "delete"})
MOST_CANDIDATES = 3


@cache
def _calls_in(node: ast.AST) -> tuple[ast.Call, ...]:
    return tuple(one for one in ast.walk(node) if isinstance(one, ast.Call))


class Step(NamedTuple):
    """Something that a function does: call an *operation*, or *body* as a method of the class *of*."""

    place: CallPlace
    operation: str = ""
    body: Body | None = None
    of: str = ""
    bindings: Mapping[str, Binding] = {}
    """What the parameters of *body* are, as far as the call tells."""


class Reach:
    """What operations each function can reach, and when."""

    def __init__(self, source: Source, cuts: dict[str, list[str]]) -> None:
        self.source, self._cuts = source, cuts
        self._known: dict[tuple[str, str, str, str], list[Step]] = {}
        self.gives: Gives | None = None
        self._is_asking = False

    def operations(self, body: Body, concrete: str) -> tuple[Any, ...]:
        """Return the operations that *body*, as a method of the class *concrete*, can reach, as the rows say it."""
        own = {name: ("parameter", name) for name in defaults_of(body.node)}
        found: dict[str, set[Literals]] = {}
        been: dict[tuple[str, str, str, str], list[Visit]] = {}
        queue = [Visit(body, concrete, own, frozenset())]
        while queue:
            reached = queue.pop()
            one, of = reached.body, reached.of
            visit = unless_been(reached, been.setdefault((one.module, one.owner, one.name, of), []))
            if visit is None:
                continue
            for name in self._cuts.get(one.name, ()):
                found.setdefault(name, set()).add(visit.when)
            for step in self._steps_of(one, of) if one.name not in self._cuts else ():
                when = translated(step.place.when, visit.bindings)
                if when is None or any(each.opposite in visit.when for each in when):
                    continue
                when |= visit.when
                if step.body is None:
                    found.setdefault(step.operation, set()).add(when)
                else:
                    queue.append(Visit(step.body, step.of, through(step.bindings, visit.bindings), when))
        return tuple(as_rows(found, body))

    def _steps_of(self, body: Body, of: str) -> list[Step]:
        key = body.module, body.owner, body.name, of
        if key not in self._known:
            self._known[key] = list(self._steps(body, of))
        return self._known[key]

    def _steps(self, body: Body, of: str) -> Iterator[Step]:
        local, own = _clients_in(body.node), defaults_of(body.node)
        places = self._places(body, of)
        for node in _calls_in(body.node):
            place = places.get(node, CallPlace())
            if isinstance(node.func, ast.Attribute) and (found := _direct(node, local)):
                yield from (Step(place, one) for one in found)
                continue
            for called, kind in self.candidates(node, body, of):
                skip = self._skipped(node, called, body)
                yield Step(place, "", called, kind, bound_by(node, called.node, skip, place, own) if skip >= 0 else {})
            yield from (Step(place, "", *one) for one in self._beside(node, body, of))
            yield from (Step(place, one) for one in self._named(node, of or body.owner))

    def _beside(self, node: ast.Call, body: Body, of: str) -> Iterator[tuple[Body, str]]:
        """Yield what a call makes other code call: of a class that it names, and functions that it hands over."""
        for keyword in node.keywords:
            listed = self.source.class_of(body.module, keyword.value) if keyword.arg == "resource_cls" else ""
            if listed and (again := self.source.method(listed, "refresh")):
                yield again, listed
        yield from self._handed_over(node, body, of)

    def _places(self, body: Body, of: str) -> dict[ast.Call, CallPlace]:
        def text_of(node: ast.expr) -> object:
            return node.value if isinstance(node, ast.Constant) else self.source.text_of(body.module, of, node)

        return places_of(body.node, lambda node: self.source.class_of(body.module, node), text_of)

    def _skipped(self, node: ast.Call, called: Body, body: Body) -> int:
        """Return how many parameters of *called* are given by what it is called on; -1 where that is not known."""
        if not called.owner or called.name in MAKERS:
            return 1 if called.name == "__init__" else -1 if called.owner else 0
        kinds = {last(one) for one in called.node.decorator_list}
        if "staticmethod" in kinds:
            return 0
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        is_of_class = owner is not None and bool(self.source.class_of(body.module, owner))
        return -1 if is_of_class and "classmethod" not in kinds else 1

    def _handed_over(self, node: ast.Call, body: Body, of: str) -> Iterator[tuple[Body, str]]:
        """Yield the functions and methods among the arguments of a call: what is called calls them."""
        for one in (*node.args, *(keyword.value for keyword in node.keywords)):
            mine = of or body.owner
            if isinstance(one, ast.Attribute) and last(one.value) in ("self", "cls") and mine:
                found = self.source.method(mine, one.attr)
                yield from [(found, mine)] if found and not _is_property(found) else []
            elif isinstance(one, ast.Name) and one.id not in bound_in(body.node):
                yield from ((each, "") for each in self.source.functions_of(body.module, one, is_sure=True))

    def _named(self, node: ast.Call, of: str) -> Iterator[str]:
        """Yield the operations that arguments of a call name, as text: what is called looks them up on a client."""
        for one in (*node.args, *(keyword.value for keyword in node.keywords)):
            text = one.value if isinstance(one, ast.Constant) else self.source.constant(of, one)
            if isinstance(text, str) and "_" in text and (found := operation_of("sagemaker", text)):
                yield found

    def candidates(self, node: ast.Call, body: Body, of: str) -> Iterator[tuple[Body, str]]:
        """Yield the functions that a call in *body* may be of."""
        if isinstance(node.func, ast.Attribute):
            yield from self._method(node.func, body, of)
        elif isinstance(node.func, ast.Name):
            yield from self._function(node.func.id, body, of)

    def direct(self, node: ast.Call, body: Body) -> tuple[str, ...]:
        """Return the operations that a call of a client in *body* is."""
        return _direct(node, _clients_in(body.node))

    def _method(self, func: ast.Attribute, body: Body, of: str) -> Iterator[tuple[Body, str]]:
        """Yield the methods and functions that ``receiver.name(...)`` may be."""
        name, receiver, source = func.attr, last(func.value), self.source
        if isinstance(func.value, ast.Call) and last(func.value.func) == "super":
            above = (source.methods[one][name] for one in source.lineage(body.owner)[1:] if name in source.methods[one])
            yield from ((one, of) for one in [*above][:1])
            return
        mine = of or body.owner if receiver in ("self", "cls") else ""
        typed = mine or source.class_of(body.module, func.value)
        if receiver in SESSIONS and source.method("Session", name):
            typed = "Session"
        if typed in source.classes:
            found = source.method(typed, name)
            yield from [(found, typed)] if found else []
            return
        if modules := source.functions_of(body.module, func) or [
            one for one in source.functions.get(name, ()) if Path(one.module).stem == receiver
        ]:
            yield from ((one, "") for one in modules)
        elif name in source.functions and name.startswith("_"):  # of a package that imports it
            yield from ((one, "") for one in source.functions[name][:MOST_CANDIDATES])
        elif receiver not in LIBRARIES:
            kind = self._held(func.value, of or body.owner) if name in source.by_method else ""
            found = source.method(kind, name) if kind in source.classes else None
            yield from [(found, kind)] if found else self._by_name(name)

    def _held(self, node: ast.expr, of: str) -> str:
        """Return the class of the attribute of `self` that *node* is, as far as the source tells."""
        is_own = isinstance(node, ast.Attribute) and last(node.value) == "self"
        if self.gives is None or self._is_asking or not is_own or of not in self.source.classes:
            return ""
        self._is_asking = True  # to know what a call gives, this is asked again
        found = self.gives.attributes(of).get(last(node), "")
        self._is_asking = False
        return found

    def _by_name(self, name: str) -> Iterator[tuple[Body, str]]:
        owners = {one.owner: one for one in self.source.by_method.get(name, ())}
        if 0 < len(owners) <= MOST_CANDIDATES and name not in COMMON:
            yield from ((one, one.owner) for one in owners.values())

    def _function(self, name: str, body: Body, of: str) -> Iterator[tuple[Body, str]]:
        if made := of if name == "cls" else self.source.class_of(body.module, name):
            yield from ((one, made) for one in self.source.makers(made))
            return
        here = self.source.functions_of(body.module, name)
        yield from ((one, "") for one in here or self.source.functions.get(name, ())[:MOST_CANDIDATES])


@cache
def _clients_in(node: ast.AST) -> dict[str, str]:
    """Return the names that a function binds to a client or resource, with its service."""
    found: dict[str, str] = {}
    for one in ast.walk(node):
        if isinstance(one, ast.Assign) and (
            service := _of_object(one.value) or _service_of(one.value) or _held_service(one.value)
        ):
            found |= {last(target): service for target in one.targets if last(target)}
    return found


def _of_object(node: ast.expr) -> str:
    """Return OBJECT for ``s3.Object(...)``; "" for what is none."""
    return OBJECT if isinstance(node, ast.Call) and last(node.func) == "Object" else ""


def _held_service(node: ast.expr) -> str:
    """Return the service of the client that an object of the SDK holds as *node*; "" for what is none."""
    if isinstance(node, ast.Call):
        return GETTERS.get(last(node.func), "")
    name = node.attr if isinstance(node, ast.Attribute) else ""
    return RECEIVERS.get(name) or HELD.get(name, "")


def _service_of(node: ast.expr) -> str:
    """Return the service of ``x.client("service")`` and what is called on it; "" for other expressions."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and last(one.func) in ("client", "resource", "get_sagemaker_client"):
            words = [
                each for each in (*one.args, *(key.value for key in one.keywords)) if isinstance(each, ast.Constant)
            ]
            texts = [each.value for each in words if isinstance(each.value, str)]
            if last(one.func) == "get_sagemaker_client":
                return texts[0] if texts else "sagemaker"
            return texts[0] if texts else ""
    return ""


def _keep_clients(tree: ast.Module) -> None:
    """Keep the attributes that a module sets to a client, by their names; one of several services tells none."""
    for one in ast.walk(tree):
        targets = one.targets if isinstance(one, ast.Assign) else ()
        for name in (each.attr for each in targets if isinstance(each, ast.Attribute) and each.attr not in RECEIVERS):
            if isinstance(one, ast.Assign) and (service := _service_of(one.value) or _held_service(one.value)):
                HELD[name] = service if HELD.get(name, service) == service else ""


def _keep_getters(tree: ast.Module) -> None:
    """Keep the functions of a module that give a client, by their names; one of several services tells none."""
    for one in ast.walk(tree):
        for inner in ast.walk(one) if isinstance(one, ast.FunctionDef) else ():
            value = inner.value if isinstance(inner, ast.Return) else None
            if isinstance(one, ast.FunctionDef) and value and (service := _service_of(value) or _held_service(value)):
                GETTERS[one.name] = service if GETTERS.get(one.name, service) == service else ""


GETTERS: dict[str, str] = {}
"""The services of clients that functions of the SDK give, by the names of the functions."""
OBJECT = "an object at S3"
OBJECT_CALLS = {"put": "s3.PutObject", "get": "s3.GetObject", "delete": "s3.DeleteObject", "load": "s3.HeadObject"}
HELD: dict[str, str] = {}
"""The services of clients that objects of the SDK hold, by the names of their attributes."""
_KNOWN: dict[ast.Call, tuple[str, ...]] = {}


def _direct(node: ast.Call, local: dict[str, str]) -> tuple[str, ...]:
    """Return the operations that a call of a client's or resource's method is; none for other calls."""
    if node not in _KNOWN:
        _KNOWN[node] = _looked_at(node, local)
    return _KNOWN[node]


def _looked_at(node: ast.Call, local: dict[str, str]) -> tuple[str, ...]:
    func = node.func
    if not isinstance(func, ast.Attribute):
        return ()
    receiver = last(func.value)
    held = HELD.get(receiver) if isinstance(func.value, ast.Attribute) else ""
    given = _held_service(func.value) if isinstance(func.value, ast.Call) else ""
    service = local.get(receiver) or RECEIVERS.get(receiver) or held or _service_of(func.value) or given
    name = func.attr
    if name in ("get_paginator", "get_waiter") and node.args and isinstance(node.args[0], ast.Constant):
        text = node.args[0].value
        if name == "get_waiter":
            listed = [f"{one}.{waiters[text]}" for one, waiters in boto_data()["waiters"].items() if text in waiters]
            return tuple(one for one in listed if not service or one.startswith(f"{service}."))[:1]
        found = operation_of(service, text) if service else by_name_alone(text)
        return (found,) if found else ()
    moved = boto_data()["transfers"]["s3"]
    if name in moved and (name != "copy" or service == "s3"):
        return tuple(moved[name]["calls"])
    if (_is_of_a_collection(func) or service == "s3") and (more := _of_resource(func)):
        return more
    if service == OBJECT:
        return (OBJECT_CALLS[name],) if name in OBJECT_CALLS else ()
    if service and (found := operation_of(service, name)):
        return (found,)
    is_client = receiver.endswith("client") or receiver in ("boto_client",)
    found = by_name_alone(name) if is_client else None
    return (found,) if found else ()


def _is_of_a_collection(func: ast.Attribute) -> bool:
    """Tell whether *func* is a method of the objects of a bucket, whatever holds that."""
    node: ast.expr = func.value
    while isinstance(node, ast.Call):
        node = node.func.value if isinstance(node.func, ast.Attribute) else ast.Name("", ast.Load())
    return isinstance(node, ast.Attribute) and node.attr == "objects" and func.attr in COLLECTION


def _of_resource(func: ast.Attribute) -> tuple[str, ...]:
    """Return what a call on an S3 resource asks for."""
    text = ast.unparse(func)
    if ".objects." in text:
        return ("s3.ListObjects", *(("s3.DeleteObjects",) if text.endswith(".delete") else ()))
    if ".Object(" in text and text.endswith((".put", ".get", ".delete", ".load")):
        return (OBJECT_CALLS[func.attr],)
    if ".Bucket(" in text and text.endswith((".create", ".load")):
        return ("s3.CreateBucket",)
    return ()


def table(folders: list[Path]) -> dict[str, Any]:
    """Return the table of the SDK in *folders*."""
    source = Source(folders)
    for tree in source.trees.values():
        _keep_clients(tree)
    for tree in source.trees.values():
        _keep_getters(tree)
    rows = json.loads((DATA / "sagemaker_rows.json").read_bytes())
    reach = Reach(source, {name: one["calls"] for name, one in rows["cuts"].items()})
    gives = reach.gives = Gives(source, reach.candidates, reach.direct)
    classes: dict[str, Any] = {}
    for name in sorted(source.classes):
        methods = {
            body.name: _row(body, reach.operations(body, name), gives.of(body, name))
            for body in source.methods.get(name, {}).values()
            if not body.name.startswith("_") or body.name in ("__init__", "__call__", "__enter__", "__exit__")
        }
        if first := _making(source, reach, gives, name):
            methods["__init__"] = first
        made = {"bases": source.bases(name), "methods": _inherited(source, reach, gives, name, methods),
                "attributes": _attributes(gives, name)}  # fmt: skip
        classes[name] = {key: one for key, one in made.items() if one}
    functions = {
        source.modules.defined[dotted(one.module)][name]: _row(one, reach.operations(one, ""), gives.of(one, ""))
        for name, bodies in sorted(source.functions.items()) if not name.startswith("_") for one in reversed(bodies)
    }  # fmt: skip
    modules = {"places": source.modules.places(), "renamed": source.modules.renamed()}
    constants = source.constants(texts_in(classes, functions))
    return {"source": _versions(folders), "classes": classes, "functions": functions, **modules, "constants": constants}


def _making(source: Source, reach: Reach, gives: Gives, name: str) -> dict[str, Any]:
    """Return the row of ``__init__`` of the class *name*, where more runs than that; {} for nothing more."""
    more = {
        one for body in source.makers(name) if body.name != "__init__" for one in flat(reach.operations(body, name))
    }
    checked = [step for one in source.validators(name) for step in _of_validator(one, reach.operations(one.body, name))]
    if not more and not checked:
        return {}
    first = source.method(name, "__init__")
    made = _row(first, reach.operations(first, name), gives.of(first, name)) if first else {}
    fields = source.fields(name) if checked else {}
    plain = {field: one for field, one in fields.items() if isinstance(one, bool | int | str) and one}
    calls = merged(made.get("calls", ()), {*more, *(one for one in checked if isinstance(one, str))})
    calls += [one for one in checked if not isinstance(one, str)]
    parts = {"parameters": [*made.get("parameters", ()), *fields], "defaults": {**plain, **made.get("defaults", {})}}
    return {**made, **{key: one for key, one in parts.items() if one}, "calls": calls}


def _of_validator(checks: Validator, operations: tuple[Any, ...]) -> Iterator[Any]:
    """Yield the *operations* of a validator with conditions on the fields that it is for."""
    args = checks.body.node.args
    value = [one.arg for one in (*args.posonlyargs, *args.args)][1:2] or [""]
    for field in checks.fields or ("",):
        given = [] if checks.always else [f"not none given.{field}"]
        for one in operations:
            asked = [] if isinstance(one, str) else one["if"]
            when = [text.removesuffix(f".{value[0]}") + f".{field}" for text in asked if text.endswith(f".{value[0]}")]
            yield {"if": [*dict.fromkeys((*given, *when))], "calls": flat([one])} if given or when else flat([one])[0]


def unknown_clients(source: Source) -> list[str]:
    """Return the calls of what is called a client of which nothing tells the service: add those of AWS to RECEIVERS."""
    bodies = [body for tree in source.trees.values() for body in ast.walk(tree) if isinstance(body, ast.FunctionDef)]
    calls = [(node, body) for body in bodies for node in _calls_in(body) if isinstance(node.func, ast.Attribute)]
    named = {ast.unparse(node.func)[-60:] for node, body in calls if not _direct(node, _clients_in(body))}
    return sorted(one for one in named if one.rpartition(".")[0].endswith("_client"))


def _attributes(gives: Gives, name: str) -> dict[str, str]:
    """Return the attributes of the class *name*, but those that have the name of the argument that they are."""
    return {key: kind for key, kind in gives.attributes(name).items() if kind != f"argument {key}"}


def _inherited(source: Source, reach: Reach, gives: Gives, name: str, own: dict[str, Any]) -> dict[str, Any]:
    """Return *own* methods, and those of bases that reach something else as methods of the class *name*."""
    found = dict(own)
    for base in source.lineage(name)[1:]:
        for body in source.methods.get(base, {}).values():
            if body.name not in found and not body.name.startswith("_"):
                mine, theirs = reach.operations(body, name), reach.operations(body, base)
                if mine != theirs:
                    found[body.name] = {**_row(body, mine, gives.of(body, name)), "inherited": 1}
    return found


def _row(body: Body, operations: tuple[Any, ...], kind: str) -> dict[str, Any]:
    """Return the parameters of *body*, without ``self``, plain defaults, its *operations* and the *kind* it gives."""
    args = body.node.args
    named = [*args.posonlyargs, *args.args]
    is_static = any(last(one) == "staticmethod" for one in body.node.decorator_list)
    skip = 1 if body.owner and not is_static else 0
    pairs = list(zip(named[len(named) - len(args.defaults) :], args.defaults, strict=True))
    pairs += [(one, value) for one, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value is not None]
    plain = {
        one.arg: value.value for one, value in pairs
        if isinstance(value, ast.Constant) and isinstance(value.value, bool | int | str) and value.value
    }  # fmt: skip
    names = [one.arg for one in (*named[skip:], *args.kwonlyargs)]
    made = {"parameters": names, "defaults": plain, "calls": list(operations), "property": int(_is_property(body))}
    made |= {"plain": 1} if kind == "plain" else {"gives": kind} if not kind.startswith("argument ") else {}
    return {key: one for key, one in made.items() if one}


def _is_property(body: Body) -> bool:
    return any(last(one) in ("property", "cached_property") for one in body.node.decorator_list)


def _versions(folders: list[Path]) -> str:
    found = sorted(path.name.removesuffix(".dist-info") for one in folders for path in one.glob("sagemaker*.dist-info"))
    return ", ".join(f"PyPI {one.replace('-', ' ')}" for one in found)


def main(words: list[str]) -> None:
    """Write the table of the version that the words of the command line name."""
    if len(words) < 2 or words[0] not in ("v2", "v3"):
        sys.exit(__doc__)
    made = table([Path(one) for one in words[1:]])
    path = DATA / f"sagemaker_{words[0]}.json"
    path.write_text(json.dumps(made, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
    print(f"{path}: {len(made['classes'])} classes, {len(made['functions'])} functions")
    print(f"not known: {', '.join(unknown_clients(Source([Path(one) for one in words[1:]])))}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""The classes and functions of the SageMaker Python SDK as its source has them; for `tools/sdk_calls.py`."""

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tools.sdk_gives import Body
from tools.sdk_modules import Modules, dotted

SKIPPED = ("/cli/", "/experimental/", "/huggingface/training_compiler", "/container_base")
LOCAL = ("LocalSession", "LocalPipelineSession")
"""What is kept of the modules for jobs on this machine: what else is in them calls nothing of SageMaker."""
MAKERS = ("__init__", "__post_init__", "model_post_init")
"""https://docs.pydantic.dev/latest/api/base_model/#pydantic.BaseModel.model_post_init"""
OF_FIELDS, OF_MODELS = ("validator", "field_validator"), ("root_validator", "model_validator")
"""https://docs.pydantic.dev/latest/concepts/validators/"""


def last(node: ast.expr) -> str:
    """Return the last name of *node*: ``c`` of ``a.b.c``; "" for what is no name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _kept(path: str, tree: ast.Module) -> ast.Module:
    """Return what is read of the file at *path*."""
    if any(one in path for one in SKIPPED):
        return ast.Module([], [])
    if "/local/" in path:
        body = [one for one in tree.body if isinstance(one, ast.ClassDef) and one.name in LOCAL]
        imports = [one for one in tree.body if isinstance(one, ast.ImportFrom)]
        return ast.Module([*imports, *body], [])
    return tree


def _texts(node: ast.ClassDef | ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names that the body of a class or module sets to a text, with it."""
    for one in node.body:
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        value = one.value if isinstance(one, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield from ((last(target), value.value) for target in targets)


@cache
def bound_in(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Return the names that a function has of its own: its parameters, and what it sets."""
    spec = node.args
    named = {one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    return frozenset(named | {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and not _is_read(one)})


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


class Validator(NamedTuple):
    """A method that pydantic runs when an object is made: for *fields*, those that are given if not *always*."""

    body: Body
    fields: tuple[str, ...]
    """Empty for one of the whole object."""
    always: bool


def _validator(body: Body) -> Validator | None:
    """Return *body* as a validator of pydantic; None for another method."""
    for one in body.node.decorator_list:
        name = last(one.func) if isinstance(one, ast.Call) else last(one)
        if name in (*OF_FIELDS, *OF_MODELS):
            call = one if isinstance(one, ast.Call) else ast.Call(one, [], [])
            fields = [each.value for each in call.args if isinstance(each, ast.Constant)]
            is_always = any(each.arg == "always" for each in call.keywords)
            return Validator(body, tuple(map(str, fields)), is_always or name in OF_MODELS or "*" in fields)
    return None


class Source:
    """The classes and functions of the SDK in some folders."""

    def __init__(self, folders: list[Path]) -> None:
        trees: dict[str, ast.Module] = {}
        for folder in folders:
            for path in sorted(folder.rglob("sagemaker/**/*.py")):
                shown = f"/{path.relative_to(folder)}"
                tree = _kept(shown, ast.parse(path.read_text("utf-8")))
                if tree.body:
                    trees[shown] = tree
        self.trees, self.modules = trees, Modules(trees)
        self.classes: dict[str, tuple[str, ast.ClassDef]] = {}
        self.functions: dict[str, list[Body]] = {}
        self.methods: dict[str, dict[str, Body]] = {}
        self.by_method: dict[str, list[Body]] = {}
        self.texts: dict[str, dict[str, str]] = {}
        for shown, tree in trees.items():
            self._take(shown, tree)
        self._constants = {shown: dict(_texts(tree)) for shown, tree in trees.items()}
        listed = [one for each in self._constants.values() for one in each.items()]
        several = Counter(name for name, _ in set(listed))
        self._single_constants = {name: text for name, text in listed if several[name] == 1}

    def _take(self, module: str, tree: ast.Module) -> None:
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                key = self.modules.defined[dotted(module)][node.name]
                self.classes.setdefault(key, (module, node))
                methods = self.methods.setdefault(key, {})
                self.texts.setdefault(key, dict(_texts(node)))
                for one in node.body:
                    if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                        body = Body(module, key, one.name, one)
                        methods.setdefault(one.name, body)
                        self.by_method.setdefault(one.name, []).append(body)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions.setdefault(node.name, []).append(Body(module, "", node.name, node))

    def class_of(self, module: str, node: ast.expr | str) -> str:
        """Return the key of the class that *node*, a name in the file *module*, is; "" for what is none of the SDK."""
        found = self.modules.key(dotted(module), node)
        return found if found in self.classes else ""

    def constant(self, of: str, node: ast.expr) -> object:
        """Return the text that the class *of*, or one above it, sets the attribute *node* of ``self`` or ``cls`` to."""
        if not (isinstance(node, ast.Attribute) and last(node.value) in ("self", "cls")):
            return None
        return next(
            (self.texts[one][node.attr] for one in self.lineage(of) if node.attr in self.texts.get(one, ())), ""
        )

    def text_of(self, module: str, of: str, node: ast.expr) -> object:
        """Return the text that a name in the file *module*, or an attribute of the class *of*, is set to; or None."""
        if isinstance(node, ast.Attribute):
            return self.constant(of, node) or None
        name = node.id if isinstance(node, ast.Name) else ""
        return self._constants.get(module, {}).get(name) or self._single_constants.get(name)

    def constants(self, texts: frozenset[str]) -> dict[str, str]:
        """Return the names of modules that are set to one of *texts*, by their paths, with it."""
        return {
            f"{dotted(module)}.{name}": text
            for module, each in self._constants.items() for name, text in each.items()
            if text in texts and not name.startswith("_")
        }  # fmt: skip

    def functions_of(self, module: str, node: ast.expr | str, *, is_sure: bool = False) -> list[Body]:
        """
        Return the functions that *node*, a name in the file *module*, is, as far as imports tell.

        A name that is not imported there may be the only function that has it, but where it has to be *is_sure*.
        """
        key = self.modules.key(dotted(module), node, is_sure=is_sure)
        name = key.rpartition(".")[2]
        return [one for one in self.functions.get(name, ()) if self.modules.defined[dotted(one.module)][name] == key]

    @cache  # noqa: B019 - one source a run
    def bases(self, name: str) -> list[str]:
        """Return the bases of the class *name* that are classes of the SDK."""
        if name not in self.classes:
            return []
        module, node = self.classes[name]
        found = [self.class_of(module, one) for base in node.bases for one in ast.walk(base)  # with_metaclass(...)
                 if isinstance(one, ast.Name | ast.Attribute)]  # fmt: skip
        return [one for one in dict.fromkeys(found) if one and one != name]

    @cache  # noqa: B019 - one source a run
    def lineage(self, name: str) -> tuple[str, ...]:
        """Return the class *name* and its bases."""
        found: dict[str, None] = {}
        queue = [name]
        while queue:
            one = queue.pop(0)
            if one not in found:
                found[one] = None
                queue += self.bases(one)
        return tuple(found)

    def makers(self, owner: str) -> list[Body]:
        """Return the methods of the class *owner*, or of its bases, that run when an object of it is made."""
        return [found for name in MAKERS if (found := self.method(owner, name))]

    def validators(self, owner: str) -> list[Validator]:
        """Return the validators of the class *owner* and its bases that run when an object of it is made."""
        names = dict.fromkeys(name for one in self.lineage(owner) for name in self.methods.get(one, {}))
        bodies = filter(None, (self.method(owner, name) for name in names))
        return [*filter(None, map(_validator, bodies))]

    def fields(self, owner: str) -> dict[str, object]:
        """Return the fields that the class *owner* and its bases annotate, with the constants that they default to."""
        found: dict[str, object] = {}
        for base in reversed(self.lineage(owner)):
            for one in self.classes[base][1].body:
                if isinstance(one, ast.AnnAssign) and not last(one.target).startswith("_"):
                    found[last(one.target)] = one.value.value if isinstance(one.value, ast.Constant) else None
        return found

    def method(self, owner: str, name: str) -> Body | None:
        """Return the method *name* of the class *owner*, or of a base."""
        return next((self.methods[one][name] for one in self.lineage(owner) if name in self.methods.get(one, {})), None)

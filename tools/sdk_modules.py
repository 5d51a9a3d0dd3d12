"""
Which class or function of the SDK a name is, in the module that uses it; for `tools/sdk_calls.py`.

Names of one module alone are their own key; a name that several modules define has the module before it:
``sagemaker.core.resources.Action``. Imports are followed, also renamed, relative and with a star.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

MOST_IMPORTS = 8


def dotted(path: str) -> str:
    """Return the module in the file at *path*."""
    return path.strip("/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class Modules:
    """The modules of the SDK, by the paths of their files: what each defines and imports."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        names = {dotted(path): list(dict.fromkeys(_defined(tree))) for path, tree in trees.items()}
        several = Counter(name for listed in names.values() for name in listed)
        self.defined = {
            module: {name: name if several[name] == 1 else f"{module}.{name}" for name in listed}
            for module, listed in names.items()
        }
        self.shared = frozenset(name for name, count in several.items() if count > 1)
        self._single = {name for name, count in several.items() if count == 1}
        self._imports: dict[str, dict[str, tuple[str, str]]] = {}
        self._exports: dict[str, set[str]] = {}
        self._stars: dict[str, list[str]] = {}
        for path, tree in trees.items():
            self._take(dotted(path), path.endswith("/__init__.py"), tree)

    def _take(self, module: str, is_package: bool, tree: ast.Module) -> None:
        found = self._imports.setdefault(module, {})
        stars = self._stars.setdefault(module, [])
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {one.asname: (one.name, "") for one in node.names if one.asname}
            elif isinstance(node, ast.ImportFrom):
                source = _source(module, is_package, node)
                stars += [source for one in node.names if one.name == "*"]
                found |= {one.asname or one.name: (source, one.name) for one in node.names if one.name != "*"}
        self._exports[module] = {one.asname or one.name for node in _exported(tree) for one in node.names}

    def key(self, module: str, node: ast.expr | str, *, is_sure: bool = False) -> str:
        """Return the key of what *node* names in *module*; "" for what is not of the SDK, or not one of several."""
        if isinstance(node, ast.Attribute):
            return self._of(self._module(module, node.value), node.attr)
        name = node if isinstance(node, str) else node.id if isinstance(node, ast.Name) else ""
        source, _ = self._imports.get(module, {}).get(name, (module, ""))
        is_elsewhere = source not in self.defined  # of another library, or of a file that is left out
        is_only = name in self._single and not is_elsewhere and not is_sure
        return self._of(module, name) or (name if is_only else "")

    def _module(self, module: str, node: ast.expr) -> str:
        """Return the module that *node* is in *module*: ``resources``, ``sagemaker.core.resources``."""
        text = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        source, name = self._imports.get(module, {}).get(text, ("", ""))
        return f"{source}.{name}".strip(".") if source else text

    def _of(self, module: str, name: str, depth: int = 0) -> str:
        if depth > MOST_IMPORTS or not name:
            return ""
        if name in self.defined.get(module, ()):
            return self.defined[module][name]
        source, original = self._imports.get(module, {}).get(name, ("", ""))
        if source and original:
            return self._of(source, original, depth + 1)
        return next((found for one in self._stars.get(module, ()) if (found := self._of(one, name, depth + 1))), "")

    def places(self) -> dict[str, dict[str, str]]:
        """Return, of each name that several modules define, the modules that have it, with the key that it is there."""
        found: dict[str, dict[str, str]] = {}
        for module in self.defined:
            for name in self.shared:
                if not name.startswith("_") and (key := self._of(module, name)):
                    found.setdefault(name, {})[module] = key
        return found

    def renamed(self) -> dict[str, str]:
        """Return what modules import by another name than it has, by its path there, with its key."""
        found = {}
        for module, imports in self._imports.items():
            for name, (source, original) in imports.items():
                is_other = original and name != original and not name.startswith("_")
                if is_other and name in self._exports[module] and (key := self._of(source, original)):
                    found[f"{module}.{name}"] = key
        return found


def _defined(tree: ast.Module) -> Iterator[str]:
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    yield from (one.name for one in tree.body if isinstance(one, kinds))


def _exported(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    """Yield the imports whose names a module hands on, also those that it makes when it is asked for one."""
    for part in tree.body:
        is_lazy = isinstance(part, ast.FunctionDef) and part.name == "__getattr__"
        inner = ast.walk(part) if is_lazy or isinstance(part, ast.Try | ast.If) else [part]
        yield from (one for one in inner if isinstance(one, ast.ImportFrom))


def _source(module: str, is_package: bool, node: ast.ImportFrom) -> str:
    """Return the module that an import in *module* takes from."""
    if not node.level:
        return node.module or ""
    above = module.split(".")[: len(module.split(".")) - node.level + int(is_package)]
    return ".".join([*above, *([node.module] if node.module else [])])

"""Imports: modules that lie beside the code are read where it imports them, once, as Python runs them."""

import ast
import posixpath
from abc import abstractmethod
from collections.abc import Iterable
from itertools import pairwise

from rolemgr.code.expressions import CallArguments
from rolemgr.code.guessing import Guessing
from rolemgr.code.modules import MOST_MODULES, MOST_WITHIN, CodeFolder, FoundModule, NoFolder, above, find_module
from rolemgr.code.reading import Reading
from rolemgr.code.sources import CodeFile
from rolemgr.code.values import CodeModule, NamedValue, NameScope, TextValue, UnknownValue, Value


class Importing(Guessing):
    """Reads imports."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading)
        self.top = NameScope()
        self.folder: CodeFolder = NoFolder()
        self.roots: list[str] = [posixpath.dirname(reading.name)]
        """Where modules are looked for: the folder of the file, and what the code adds to ``sys.path``."""
        self._loaded: dict[str, CodeModule] = {}
        self._loading = 0

    @abstractmethod
    def run(self, statements: Iterable[ast.stmt], scope: NameScope) -> None:
        """Read *statements* in *scope*."""

    def bring_in(self, node: ast.Import, scope: NameScope) -> None:
        """Bind what ``import a.b as c`` binds."""
        for one in node.names:
            top = one.name.partition(".")[0]
            found = self._modules_of(one.name, self.roots)
            if not found:
                self.imported(one.name, "", node)
            value: Value = found[-1 if one.asname else 0] if found else NamedValue(one.name if one.asname else top)
            if not found and not one.asname and isinstance(scope.names.get(top), CodeModule):
                value = scope.names[top]
            scope.names[one.asname or top] = value

    def bring_in_from(self, node: ast.ImportFrom, scope: NameScope) -> None:
        """Bind what ``from a import b as c`` binds."""
        module = f"{'.' * node.level}{node.module or ''}"
        roots = [above(self._here(scope), node.level)] if node.level else self.roots
        found = self._modules_of(node.module, roots) if node.module else ()
        for one in node.names:
            if found and one.name == "*":
                scope.names |= {key: each for key, each in found[-1].scope.names.items() if key[:1] != "_"}
                scope.top.stars += found[-1].scope.stars
                continue
            inner = f"{node.module}.{one.name}" if node.module else one.name
            value = self._taken(found[-1], one.name) if found else None
            if value is None and one.name != "*" and (within := self._modules_of(inner, roots)):
                value = within[-1]
            if value is None and found:
                value = UnknownValue(f"`{one.name}` is not set in {found[-1].name}")
            if value is None:
                self.imported(module, "" if one.name == "*" else one.name, node)
                value = NamedValue(f"{module}.{one.name}")
            if one.name == "*":
                scope.top.stars.append(module)
            else:
                scope.names[one.asname or one.name] = value

    def module_named(self, name: str, node: ast.AST) -> Value:
        """Return the module that ``importlib.import_module(name)`` gives."""
        if found := self._modules_of(name, self.roots):
            return found[-1]
        self.imported(name, "", node)
        return NamedValue(name)

    def look_in(self, given: CallArguments) -> None:
        """Look for modules in a folder that the code adds to ``sys.path`` too."""
        for one in given.positional[-1:]:
            if isinstance(one, TextValue) and one.exact and not posixpath.isabs(one.pattern):
                self.roots.append(posixpath.normpath(posixpath.join(self.roots[0], one.pattern)))

    def _here(self, scope: NameScope) -> str:
        """Return the folder of the module that *scope* is in."""
        found = scope.top.names.get("__file__")
        return posixpath.dirname(found.pattern) if isinstance(found, TextValue) and found.exact else self.roots[0]

    def _taken(self, module: CodeModule, name: str) -> Value | None:
        """Return what *module* has by the *name*, itself or by a star that can't be read; None for nothing."""
        if name in module.scope.names or not module.scope.stars:
            return module.scope.names.get(name)
        return self.value(ast.Name(name, ast.Load()), module.scope)

    def _modules_of(self, name: str, roots: list[str]) -> tuple[CodeModule, ...]:
        """Return the packages of the module *name* and the module, each read; none where it does not lie there."""
        found = find_module(self.folder, roots, name)
        is_new = any(one.key not in self._loaded for one in found)
        if is_new and (len(self._loaded) + len(found) > MOST_MODULES or self._loading >= MOST_WITHIN):
            return ()
        made = [self._load(one) for one in found]
        for outer, inner in pairwise(made):
            outer.scope.names.setdefault(inner.name.rpartition(".")[2], inner)
        return tuple(made)

    def _load(self, found: FoundModule) -> CodeModule:
        """Return the module that is *found*, read where it is imported first."""
        if found.key in self._loaded:
            return self._loaded[found.key]
        made = self._loaded[found.key] = CodeModule(found.name, NameScope())
        made.scope.names["__name__"] = TextValue(found.name)
        made.scope.names["__file__"] = TextValue(found.file.name if found.file else f"{found.folder}/__init__.py")
        if found.file:
            self._run_module(found.file, made.scope)
        return made

    def _run_module(self, file: CodeFile, scope: NameScope) -> None:
        self.reading.untold |= dict.fromkeys(file.untold)
        outer = self.reading.name
        self._loading += 1
        try:
            for tree in file.trees:
                self.reading.name = tree.name
                self.run(tree.statements, scope)
        finally:
            self.reading.name = outer
            self._loading -= 1

"""
A role through the user's own template: sandboxed, with a budget, and with the line of whatever is wrong.

Values are plain data, a name that is not there is an error, and nothing of Python can be reached: attributes and
items are looked up in data alone (`rolemgr.render.template_language` says what a template may be made of).
"""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache, partial
from traceback import walk_tb
from typing import Any, Final, NamedTuple

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, pass_context
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from rolemgr.errors import InputError, RenderError, SourceLocation
from rolemgr.render.template_language import EACH, TESTS, TEXT, WEIGHED, prepared, steps_of
from rolemgr.render.template_names import NAMES
from rolemgr.render.templating import to_json_text

MOST_STEPS: Final = 2_000_000
"""What a template may do for one role: some hundred times what a page on the largest role takes."""
MOST_CHARACTERS: Final = 100_000
"""What a template may have."""
_LOOP: Final = ("first", "index", "index0", "last", "length", "revindex", "revindex0")
_WRONG = (TypeError, ValueError, OverflowError, RecursionError, MemoryError, SyntaxError)
"""What Python raises for values that do not go together, and for a template that is nested too deeply."""


class TemplateSource(NamedTuple):
    """A template: what messages call it, and its text."""

    name: str
    text: str


class _WrongValueError(Exception):
    """A filter was given what it does not take; its message says so."""


def render_template(source: TemplateSource, values: Mapping[str, Any]) -> str:
    """
    Return the text that the template *source* makes of *values*, plain data by name.

    Raises InputError, with file and line, for a template that can't be read, for a name that is not there, for a value
    that can't be printed, and where the work takes more than `MOST_STEPS`.
    """
    environment, template = _compiled(source)
    environment.left = MOST_STEPS
    try:
        return template.render(values)
    except (TemplateError, RenderError, _WrongValueError, *_WRONG) as error:
        line = _line(error, source.name)
        raise InputError(SourceLocation(source.name, line), _message(error)) from error


def require_template(source: TemplateSource) -> None:
    """Raise InputError where the template *source* can't be read, before anything is made for it."""
    _compiled(source)


@lru_cache(maxsize=8)
def _compiled(source: TemplateSource) -> "tuple[_Environment, Template]":
    if len(source.text) > MOST_CHARACTERS:
        raise InputError(SourceLocation(source.name), f"has over {MOST_CHARACTERS:,} characters")
    if not source.text.strip():
        raise InputError(SourceLocation(source.name), "is empty")
    environment = _Environment()
    try:
        tree = prepared(environment.parse(source.text, source.name, source.name), source.name)
        code = environment.compile(tree, source.name, source.name)
        return environment, environment.template_class.from_code(environment, code, {})
    except TemplateSyntaxError as error:
        raise InputError(SourceLocation(source.name, error.lineno), _message(error)) from error
    except _WRONG as error:
        raise InputError(SourceLocation(source.name), "is nested too deeply, or has a number too large") from error


def _line(error: BaseException, name: str) -> int | None:
    """Return the line of the template *name* that *error* was raised at."""
    found = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == name]
    return found[-1] if found else None


def _message(error: BaseException) -> str:
    text = str(getattr(error, "message", None) or error).rstrip(".").replace("'", "`")
    return text[:1].lower() + text[1:]


class _Missing(StrictUndefined):
    """A name that is not there: to use it is an error that names the nearest one."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name = str(self._undefined_name)
        known = self._undefined_obj if isinstance(self._undefined_obj, Mapping) else NAMES
        near = get_close_matches(name, map(str, known), n=1, cutoff=0.5)
        inside = "there" if self._undefined_obj is not missing else "in templates"
        return f"nothing is called `{name}` {inside}" + (f"; did you mean {near[0]}?" if near else "")


class _Environment(ImmutableSandboxedEnvironment):
    """The environment of one template; *left* is how many steps it may still take."""

    left = MOST_STEPS

    def __init__(self) -> None:
        super().__init__(
            undefined=_Missing, finalize=self._printed, autoescape=False, keep_trailing_newline=True,
            trim_blocks=True, lstrip_blocks=True, optimized=False,
        )  # fmt: skip
        self.globals.clear()
        self.tests = {name: self.tests[name] for name in TESTS}
        self.filters = {**_filters(self), EACH: self._each, TEXT: self.text, WEIGHED: self._weighed}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return what data calls *attribute*, or what a loop knows of itself; Python's attributes are not there."""
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return the value of a mapping, or the item of a list."""
        if isinstance(obj, Undefined):
            return obj[argument]  # which says what is missing
        if isinstance(obj, Mapping) and isinstance(argument, str) and argument in obj:
            return obj[argument]
        if isinstance(obj, list) and type(argument) is int and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(obj=obj, name=str(argument))

    def spend(self, steps: int) -> None:
        """Take *steps* off what is left; raise where that is not enough."""
        self.left -= steps
        if self.left < 0:
            raise _WrongValueError(f"takes over {MOST_STEPS:,} steps for one role")

    def _each(self, value: Any, weight: int) -> Iterator[Any]:
        if isinstance(value, Undefined):
            str(value)
        if not isinstance(value, list | Mapping):
            raise _WrongValueError(f"a loop goes over a list, not over {_kind(value)}")
        return self._turns(value, weight)

    def _turns(self, value: Any, weight: int) -> Iterator[Any]:
        for one in value:
            self.spend(weight)
            yield one

    def text(self, value: Any) -> str:
        """Return *value* as text, counted; raise where it is not text, a number, true or false."""
        text = _printable(value)
        self.spend(steps_of(len(text)))
        return text

    @pass_context
    def _printed(self, _context: Context, value: Any) -> str:
        return self.text(value)

    def _weighed(self, value: Any) -> Any:
        if isinstance(value, str):
            self.spend(steps_of(len(value)))
        elif isinstance(value, list | Mapping):
            self.spend(len(value))
        return value


def _printable(value: Any) -> str:
    if isinstance(value, Undefined):
        return str(value)  # which raises
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise _WrongValueError(f"{_kind(value)} is not text; use the filter json, or join for a list")


def _kind(value: Any) -> str:
    if value is None:
        return "none"
    names = {bool: "true or false", str: "a text", int: "a number"}
    return names.get(type(value), "a mapping" if isinstance(value, Mapping) else "a list")


def _filters(environment: _Environment) -> dict[str, Callable[..., Any]]:
    """Return the filters by name, bound to *environment*: what each makes is counted before it is made."""
    found: dict[str, Callable[..., Any]] = {
        "first": _first, "indent": _indent, "items": _items, "join": _join, "json": _json,
        "last": _last, "length": _length, "lower": _lower, "replace": _replace, "sort": _sort, "upper": _upper,
    }  # fmt: skip
    strict = {name: partial(_of_known, function, environment) for name, function in found.items()}
    return {**strict, "default": _default}


def _of_known(function: Callable[..., Any], environment: _Environment, *values: Any) -> Any:
    """Return what the filter *function* makes of *values*; raise for a name that is not there."""
    for value in values:
        if isinstance(value, Undefined):
            str(value)  # which raises, and says what is missing
    return function(environment, *values)


def _listed(environment: _Environment, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _WrongValueError(f"the filter takes a list, not {_kind(value)}")
    environment.spend(1 + len(value))
    return value


def _default(value: Any, other: Any) -> Any:
    return other if value is None or isinstance(value, Undefined) else value


def _first(environment: _Environment, value: Any) -> Any:
    return environment.getitem(_listed(environment, value), 0)


def _last(environment: _Environment, value: Any) -> Any:
    return environment.getitem(_listed(environment, value), -1)


def _sort(environment: _Environment, value: Any) -> list[Any]:
    return sorted(_listed(environment, value))


def _lower(environment: _Environment, value: Any) -> str:
    return environment.text(value).lower()


def _upper(environment: _Environment, value: Any) -> str:
    return environment.text(value).upper()


def _join(environment: _Environment, value: Any, between: Any = "") -> str:
    texts, separator = [environment.text(one) for one in _listed(environment, value)], environment.text(between)
    environment.spend(steps_of(len(texts) * len(separator)))
    return separator.join(texts)


def _replace(environment: _Environment, value: Any, old: Any, new: Any) -> str:
    whole, before, after = map(environment.text, (value, old, new))
    environment.spend(steps_of(whole.count(before) * len(after)))
    return whole.replace(before, after)


def _indent(environment: _Environment, value: Any, width: Any) -> str:
    return _replace(environment, value, "\n", "\n" + " " * _up_to(80, "indent", width))


def _json(environment: _Environment, value: Any, indent: Any = None) -> str:
    made = to_json_text(value, None if indent is None else _up_to(8, "json", indent))
    environment.spend(steps_of(len(made)))
    return made


def _up_to(most: int, name: str, value: Any) -> int:
    if type(value) is int and 0 <= value <= most:
        return value
    raise _WrongValueError(f"{name} takes a number from 0 to {most}")


def _items(environment: _Environment, value: Any) -> list[list[Any]]:
    if not isinstance(value, Mapping):
        raise _WrongValueError(f"items takes a mapping, not {_kind(value)}")
    environment.spend(1 + len(value))
    return [list(item) for item in value.items()]


def _length(_environment: _Environment, value: Any) -> int:
    if not isinstance(value, str | list | Mapping):
        raise _WrongValueError(f"{_kind(value)} has no length")
    return len(value)

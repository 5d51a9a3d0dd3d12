"""
A part of a CloudFormation template as it is deployed: choices made, loops run, constants put in.

Fn::If goes the way that the conditions say, AWS::NoValue is gone, Fn::ForEach has run, and Fn::Sub, Join, Select,
Split and FindInMap are text where their arguments are constants of the template. What the account or a
parameter decides stays the function that it is. A branch stands where its Fn::If stood: CloudFormation does not
flatten a list within a list.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rolemgr.check.intrinsic import PLACE, PSEUDO_PARAMETERS, UNKNOWN, is_function, substituted
from rolemgr.files.source import DataPath
from rolemgr.iam.wildcards import has_wildcard

MOST_VALUES: Final = 400_000
"""How many values a template may come to, all its choices and loops taken together."""
MOST_TEXT: Final = 1_000_000
"""How many characters a text may come to; a whole template has a million at most."""
LOOP: Final = "Fn::ForEach::"
_GONE: Final = object()
_DYNAMIC: Final = re.compile(r"\{\{resolve:[^{}]*\}\}")
"""A value that is fetched at the deployment.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""


class TooLargeError(Exception):
    """A template comes to more values than anybody deploys: what is left of it is not judged."""


@dataclass
class ExpansionBudget:
    """How many values may still be made."""

    left: int = MOST_VALUES

    def spend(self, values: int = 1) -> None:
        """Count *values*; raise TooLargeError where there are none left."""
        self.left -= values
        if self.left < 0:
            raise TooLargeError


@dataclass(frozen=True)
class Template:
    """What a part of a template can refer to: the names of the *resources*, the *mappings*, and a *budget*."""

    resources: frozenset[str] = frozenset()
    mappings: Mapping[str, Any] = field(default_factory=dict)
    budget: ExpansionBudget = field(default_factory=ExpansionBudget)
    wide: frozenset[str] = frozenset()
    """The parameters that may have a wildcard in them: it stands in a value that the template itself gives."""


@dataclass
class Expander:
    """Makes parts of *template* plain, with *chosen* truths of conditions, and *names* that loops have given."""

    template: Template
    chosen: Mapping[str, bool] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    origins: dict[DataPath, DataPath] = field(default_factory=dict)
    """Where in the file each value stands that was made."""

    def plain(self, value: Any, here: DataPath) -> Any:
        """Return *value*, which stands at *here* in the file, made plain; None where it is gone."""
        made = self._value(value, here, ())
        return None if made is _GONE else made

    def _value(self, value: Any, here: DataPath, out: DataPath) -> Any:
        self.template.budget.spend()
        self.origins[out] = here
        if isinstance(value, list):
            return self._list(value, here, out)
        if not isinstance(value, dict):
            return self._plain_text(value) if isinstance(value, str) else value
        if is_function(value):
            ((name, argument),) = value.items()
            if not name.startswith(LOOP):
                return self._function(name, argument, here, out)
        return self._mapping(value, here, out)

    def _plain_text(self, text: str) -> Any:
        named = self.named(text) if self.names else text
        if "{{resolve:" not in named or not (found := _DYNAMIC.search(named)):
            return named
        alone = found[0] == named or "{" in named[: found.start()]  # a policy in a text: nobody knows what is put in
        return {"Ref": found[0]} if alone else {"Fn::Sub": _DYNAMIC.sub("${Resolved}", named)}

    def _list(self, value: list[Any], here: DataPath, out: DataPath) -> list[Any]:
        made: list[Any] = []
        for index, one in enumerate(value):
            found = self._value(one, (*here, index), (*out, len(made)))
            if found is not _GONE:
                made.append(found)
        return made

    def _mapping(self, value: dict[str, Any], here: DataPath, out: DataPath) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, one in value.items():
            if key.startswith(LOOP) and (turns := self.turns(one)) is not None:
                for inner, name, body, step in turns:
                    inner.origins = self.origins
                    found = inner._value(body, (*here, key, 2, step), (*out, name))
                    made[name] = found
            else:
                name = self.named(key)
                found = self._value(one, (*here, key), (*out, name))
                if found is not _GONE:
                    made[name] = found
        return made

    def turns(self, loop: Any) -> "list[tuple[Expander, str, Any, str]] | None":
        """
        Return what the *loop* of a Fn::ForEach makes: for each turn its names, the key and the value, and the key
        as it is written; None where the deployment decides over what it goes.
        """
        match loop:
            case [str() as identifier, collection, dict() as body]:
                items = self._value(collection, (), ("", "collection")) if not isinstance(collection, list) else [
                    self._value(one, (), ("", "collection")) for one in collection
                ]  # fmt: skip
            case _:
                return None
        if not isinstance(items, list) or not all(isinstance(one, str) for one in items):
            return None
        self.template.budget.spend(len(items) * len(body) * (len(self.names) + 1))  # before any is made and named
        found = []
        for item in items:
            inner = Expander(self.template, self.chosen, {**self.names, identifier: item}, self.origins)
            found += [(inner, inner.named(key), one, key) for key, one in body.items()]
        return found

    def named(self, text: str) -> str:
        """Return *text* with what loops have named filled in: ``${Name}``, or ``&{Name}`` without signs in it."""
        for name, item in self.names.items():
            self._grows_to(len(text) + text.count("{" + name + "}") * len(item))
            text = text.replace("${" + name + "}", item)
            text = text.replace("&{" + name + "}", "".join(one for one in item if one.isalnum()))
        return text

    def _grows_to(self, length: int) -> None:
        """Count a text that comes to *length* characters; raise TooLargeError where that is too long."""
        if length > MOST_TEXT:
            raise TooLargeError
        self.template.budget.spend(length // 1_000)

    def _function(self, name: str, argument: Any, here: DataPath, out: DataPath) -> Any:
        handler = _HANDLERS.get(name)
        found = handler(self, argument, (*here, name), out) if handler else UNKNOWN
        if found is not UNKNOWN:
            return found
        inner = self._value(argument, (*here, name), (*out, name))
        self.origins[out] = here
        return {name: None if inner is _GONE else inner}

    def _if(self, argument: Any, here: DataPath, out: DataPath) -> Any:
        match argument:
            case [str() as condition, _, _] if condition in self.chosen:
                side = 1 if self.chosen[condition] else 2
                return self._value(argument[side], (*here, side), out)
            case _:
                return UNKNOWN

    def _ref(self, argument: Any, _here: DataPath, _out: DataPath) -> Any:
        if argument == "AWS::NoValue":
            return _GONE
        if not isinstance(argument, str):
            return UNKNOWN
        if argument in self.names:
            return self.names[argument]
        if argument in self.template.resources:
            return {"Fn::GetAtt": [argument, "Ref"]}
        return UNKNOWN

    def _sub(self, argument: Any, here: DataPath, out: DataPath) -> Any:
        match argument:
            case str():
                text, given = argument, dict[str, Any]()
            case [str() as text, dict() as given]:
                pass
            case _:
                return UNKNOWN
        known = {key: self._text(one, here, out) for key, one in given.items()}
        known = {key: one for key, one in known.items() if isinstance(one, str)} | dict(self.names)
        if PLACE.fullmatch(text) and text[2:-1] not in known and text[2:3] != "!":
            return self._alone(text[2:-1], here, out)
        named = PLACE.findall(text)
        self._grows_to(len(text) + sum(len(known.get(one, "")) for one in named))
        if wide := next((one for one in named if one in self.template.wide and one not in known), None):
            return {"Ref": wide}
        found = substituted(self.named(text), known)
        return {"Fn::Sub": self.named(text)} if found is UNKNOWN else found

    def _alone(self, name: str, here: DataPath, out: DataPath) -> Any:
        """Return what the whole of a text is that says ``${name}``: the same as a Ref, or a Fn::GetAtt, of it."""
        if "." in name:
            return {"Fn::GetAtt": name.split(".", 1)}
        found = self._ref(name, here, out)
        return {"Ref": name} if found is UNKNOWN or found is _GONE else found

    def _join(self, argument: Any, here: DataPath, out: DataPath) -> Any:
        match argument:
            case [str() as separator, listed]:
                parts = self._constant(listed, here, out)
            case _:
                return UNKNOWN
        if not isinstance(parts, list):
            return UNKNOWN
        texts = [PSEUDO_PARAMETERS.get(one["Ref"], one) if _is_ref(one) else one for one in parts]
        plain = [one for one in texts if isinstance(one, str)]
        if len(plain) == len(texts):
            self._grows_to(sum(map(len, plain)) + len(separator) * len(plain))
            return separator.join(plain)
        if len(texts) == 1:
            return texts[0]
        wide = [one for one in parts if _is_ref(one) and one["Ref"] in self.template.wide]
        if wide:
            return wide[0]
        return UNKNOWN

    def _select(self, argument: Any, here: DataPath, out: DataPath) -> Any:
        match argument:
            case [int() | str() as which, listed]:
                items = self._constant(listed, here, out)
            case _:
                return UNKNOWN
        place = int(which) if str(which).isascii() and str(which).isdigit() and len(str(which)) < 6 else None
        return items[place] if isinstance(items, list) and place is not None and place < len(items) else UNKNOWN

    def _split(self, argument: Any, here: DataPath, out: DataPath) -> Any:
        match argument:
            case [str() as separator, text] if separator:
                found = self._text(text, here, out)
            case _:
                return UNKNOWN
        if not isinstance(found, str):
            return UNKNOWN
        parts = found.split(separator)
        self.template.budget.spend(len(parts))
        return parts

    def _find_in_map(self, argument: Any, here: DataPath, out: DataPath) -> Any:
        if not isinstance(argument, list) or len(argument) not in (3, 4):
            return UNKNOWN
        found: Any = self.template.mappings
        for key in argument[:3]:
            step = self._text(key, here, out)
            if not isinstance(step, str) or not isinstance(found, dict) or step not in found:
                return UNKNOWN
            found = found[step]
        constants = found if isinstance(found, list) else [found]
        return found if all(isinstance(one, str | int | float) for one in constants) else UNKNOWN

    def _json(self, argument: Any, here: DataPath, out: DataPath) -> Any:
        """Return what Fn::ToJsonString writes as text: a policy is judged as it is."""
        made = self._value(argument, here, out)
        return made if isinstance(made, dict) and not is_function(made) else UNKNOWN

    def _constant(self, value: Any, here: DataPath, out: DataPath) -> Any:
        made = self._value(value, here, (*out, ""))
        return [one for one in made if one is not _GONE] if isinstance(made, list) else made

    def _text(self, value: Any, here: DataPath, out: DataPath) -> Any:
        """Return the text that *value* is in every account; a function where that is not so."""
        return self._value(value, here, (*out, ""))


def _is_ref(value: Any) -> bool:
    return is_function(value) and isinstance(value.get("Ref"), str)


_HANDLERS: Final = {
    "Fn::If": Expander._if,
    "Ref": Expander._ref,
    "Fn::Sub": Expander._sub,
    "Fn::Join": Expander._join,
    "Fn::Select": Expander._select,
    "Fn::Split": Expander._split,
    "Fn::FindInMap": Expander._find_in_map,
    "Fn::ToJsonString": Expander._json,
}


def choices_in(value: Any) -> Iterator[str]:
    """Yield the names of the conditions that the Fn::Ifs in *value* ask about."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            asked = one.get("Fn::If")
            if isinstance(asked, list) and asked and isinstance(asked[0], str):
                yield asked[0]
            waiting += one.values()


def wide_parameters(parameters: Any) -> frozenset[str]:
    """Return the names of the *parameters* of which a value that the template gives has a wildcard."""
    listed = parameters.items() if isinstance(parameters, dict) else ()
    return frozenset(name for name, one in listed if isinstance(one, dict) and _is_wide(one))


def _is_wide(parameter: Mapping[str, Any]) -> bool:
    allowed = parameter.get("AllowedValues")
    given = [parameter.get("Default"), *(allowed if isinstance(allowed, list) else ())]
    return any(isinstance(one, str) and has_wildcard(one) for one in given)

"""
Frozen values that files hold and that a run also makes itself: pydantic reads them, and is loaded only where it reads.

A `Plain` is a dataclass, which pydantic knows as it is, and says in its fields how each is read (`rolemgr.iam.marks`).
Made by its name it is taken as it is given, by types that mypy checks; whatever a user wrote goes through
`Plain.model_validate`. What reads and writes it has the names that pydantic gives to it, so that nobody needs to know
whether a model is one of these or a `rolemgr.iam.base.Model`.
https://docs.pydantic.dev/latest/concepts/dataclasses/#stdlib-dataclasses-and-pydantic-dataclasses
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import Any, ClassVar, Protocol, Self, dataclass_transform

_GIVEN = "_given"
"""Where a value keeps which fields its file has: beside its fields, so that values that say the same are equal."""


class Readable(Protocol):
    """A model that pydantic reads: a `Plain`, or a `rolemgr.iam.base.Model`."""

    @classmethod
    def model_validate(cls, obj: Any, /) -> Self:
        """Return *obj*, as a file has it, as a value of this class."""

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of what is read."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Plain:
    """A frozen value; an unknown field is an error where it is read, never ignored."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid"}
    model_fields: ClassVar[Mapping[str, Field[Any]]] = {}
    """Its fields by name, in the order in which they are declared."""

    def __init_subclass__(cls, **options: Any) -> None:
        """
        Make the subclass a dataclass, for its fields: what follows from them is below, once for all.

        Python writes and compiles such methods for each dataclass, which takes longer than to compose a role.
        """
        super().__init_subclass__(**options)
        dataclass(kw_only=True, init=False, eq=False, repr=False)(cls)
        cls.model_fields = {one.name: one for one in fields(cls)}  # type: ignore[arg-type]  # it is a dataclass now

    def __init__(self, **values: Any) -> None:
        """Take *values* as they are; raise TypeError for one that is not a field, and for one that is missing."""
        self._fill(values)
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    def _fill(self, values: Mapping[str, Any]) -> None:
        if unknown := values.keys() - self.model_fields.keys():
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        for name, one in self.model_fields.items():
            self.__dict__[name] = values[name] if name in values else _default(one)

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _values(other) == _values(self)

    def __hash__(self) -> int:
        return hash((type(self), *_values(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in _values(self).items())})"

    @property
    def model_fields_set(self) -> frozenset[str]:
        """The fields that were given where it was read, else those that are not what they are by default."""
        given: frozenset[str] | None = self.__dict__.get(_GIVEN)
        return frozenset(filter(self._is_set, self.model_fields)) if given is None else given

    def _is_set(self, name: str) -> bool:
        one = self.model_fields[name]
        return _is_required(one) or bool(getattr(self, name) != _default(one))

    @classmethod
    def model_validate(cls, data: Any) -> Self:
        """Return *data*, as a file has it, as a value of this class; raise pydantic's ValidationError if it is none."""
        return _adapter(cls).validate_python(data)  # type: ignore[no-any-return]

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        """Return what the JSON *text* says; raise pydantic's ValidationError for what is wrong."""
        return _adapter(cls).validate_json(text)  # type: ignore[no-any-return]

    @classmethod
    def model_construct(cls, given: Iterable[str] | None = None, /, **values: Any) -> Self:
        """
        Return *values*, which were read before, as a value of this class; *given* are the fields that its file has.

        Raises TypeError for one that is not a field, and for one that is missing.
        """
        made = object.__new__(cls)
        made._fill(values)
        made.__dict__[_GIVEN] = frozenset(values if given is None else given)
        return made

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """Return it with the values of *update*, which are not read again."""
        return self.model_construct(self.model_fields_set | update.keys(), **{**_values(self), **update})

    def model_dump(self, *, exclude_unset: bool = False, **options: Any) -> dict[str, Any]:
        """Return it as plain data by pydantic's *options*; of what is unset it knows itself of its own models alone."""
        data: dict[str, Any] = _adapter(type(self)).dump_python(self, **options)
        return _given(self, data, by_alias=bool(options.get("by_alias"))) if exclude_unset else data

    def model_dump_json(self, **options: Any) -> str:
        """Return it as JSON text; *options* are those of pydantic's own."""
        text: bytes = _adapter(type(self)).dump_json(self, **options)
        return text.decode()

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of what `model_validate` reads."""
        return _adapter(cls).json_schema()  # type: ignore[no-any-return]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Tell pydantic how it is read: as any dataclass."""
        return handler(source)


class Noted(Plain):
    """A value that knows which fields its file has, and so can say what is written there and no more."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Tell pydantic how it is read: as any dataclass, and then what was given is noted."""
        from rolemgr.iam.adapters import noting

        return noting(cls.note, handler(source), handler)

    @classmethod
    def note(cls, data: Any, read: Callable[[Any], Self]) -> Self:
        """Return *data* as it is *read*, with a note of the fields that it has."""
        value = read(data)
        if isinstance(data, Mapping):
            names = {name for name in cls.model_fields if not data.keys().isdisjoint((name, alias_of(cls, name)))}
            value.__dict__[_GIVEN] = frozenset(names)
        return value


def alias_of(model: type[Plain], name: str) -> str:
    """Return what the field *name* of *model* is called in files."""
    alias: Callable[[str], str] = model.__pydantic_config__.get("alias_generator", str)
    return alias(name)


def called(**names: str) -> dict[str, Any]:
    """Return pydantic's settings for a model of which some fields have other *names* in files."""
    return {**Plain.__pydantic_config__, "alias_generator": lambda name: names.get(name, name)}


def _values(value: Any) -> dict[str, Any]:
    return {name: value.__dict__[name] for name in type(value).model_fields}


def _default(one: Field[Any]) -> Any:
    if one.default_factory is not MISSING:
        return one.default_factory()
    if _is_required(one):
        raise TypeError(f"`{one.name}` is missing")
    return one.default


def _is_required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _adapter(model: type[Plain]) -> Any:
    from rolemgr.iam.adapters import adapter  # pydantic: only what reads or writes pays for it

    return adapter(model)  # type: ignore[arg-type]  # mypy takes how its instances hash for how the class does


def _given(value: Any, data: Any, *, by_alias: bool) -> Any:
    """Return of *data*, which *value* became, what was given, in the values within it too."""
    if isinstance(value, Plain):
        names = {alias_of(type(value), one) if by_alias else one: one for one in value.model_fields}
        return {
            shown: _given(getattr(value, name), data[shown], by_alias=by_alias)
            for shown, name in names.items()
            if name in value.model_fields_set and shown in data
        }
    if isinstance(value, Mapping):
        return {key: _given(one, data[key], by_alias=by_alias) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(data)(_given(one, shown, by_alias=by_alias) for one, shown in zip(value, data, strict=True))
    return data

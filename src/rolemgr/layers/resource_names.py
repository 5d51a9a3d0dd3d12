"""The names in a pattern of a resource's policy: a misspelt one lets nobody in, or denies nothing."""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple, TypeAlias

from rolemgr.compose.substitute import UnknownPlaceholderError, names_in
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.iam.operators import base_operator, spelt_operators
from rolemgr.model.resource_pattern import ResourcePattern, ResourcePatternStatement
from rolemgr.model.share_pattern import SharePattern
from rolemgr.model.source import Sourced
from rolemgr.reference.documents import action_pattern_doubt
from rolemgr.reference.names import key_doubt

_Pattern: TypeAlias = Sourced[ResourcePattern] | Sourced[SharePattern]

_BUILT_IN: Final = (
    "resource", "name", "partition", "region", "account", "dns_suffix", "aws_image_accounts", "jumpstart_buckets",
)  # fmt: skip
"""What the resource's ARN and its region tell."""


def wrong_names(pattern: _Pattern) -> Iterator[InputError]:
    """Yield an error, with its line, for each name in *pattern* that AWS, or the file itself, is not known to have."""
    judged_by, value = pattern.value.judged_by, pattern.value
    if judged_by and (doubt := action_pattern_doubt(judged_by)):
        yield InputError(pattern.at("judged_by"), doubt.problem, doubt.hint)
    if isinstance(value, ResourcePattern):
        for index, statement in enumerate(value.statements):
            place = _Place(pattern, index)
            yield from place.actions(statement)
            yield from place.conditions(statement)
            yield from place.placeholders(statement, {*value.parameters, *_BUILT_IN})


class _Place(NamedTuple):
    """A statement of a pattern's file, able to say the line of any part of it."""

    pattern: _Pattern
    number: int

    def at(self, *path: str | int) -> SourceLocation:
        return self.pattern.at("statements", self.number, *path)

    def actions(self, statement: ResourcePatternStatement) -> Iterator[InputError]:
        for place, text in enumerate(statement.actions):
            if doubt := action_pattern_doubt(text):
                yield InputError(self.at("actions", place), doubt.problem, doubt.hint)

    def conditions(self, statement: ResourcePatternStatement) -> Iterator[InputError]:
        for operator, block in statement.conditions.items():
            if base_operator(operator) is None:
                where = self.at("conditions", operator)
                yield UnknownNameError(where, "condition operator", operator, spelt_operators())
            for key in block:
                if "{{" not in key and (doubt := key_doubt(key)):
                    yield InputError(self.at("conditions", operator, key), doubt.problem, doubt.hint)

    def placeholders(self, statement: ResourcePatternStatement, known: Collection[str]) -> Iterator[InputError]:
        used = [*statement.needs, *statement.unless, *statement.only_for, *statement.drops]
        yield from (UnknownNameError(self.at(), "parameter", name, known) for name in used if name not in known)
        texts = [text for block in statement.conditions.values() for found in block.values() for text in found]
        for text in (*statement.principals, *statement.resources, *texts):
            try:
                strange = [name for name in names_in(text) if name not in known]
            except UnknownPlaceholderError as error:
                yield error.at(self.at(), known)
                continue
            yield from (UnknownNameError(self.at(), "placeholder", name, known) for name in strange)

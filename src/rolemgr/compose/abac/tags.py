"""
Which tag a session brings, and where a trust can't bring it: errors that say what to add.

SageMaker's own sessions (jobs, endpoints, Studio) carry the tags of the role. Any other caller that takes the
role carries those too, unless the session has a tag of the same key; GitHub's tokens hold no session tags.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

import re
from collections.abc import Iterator, Mapping

from rolemgr.compose.tagged_buckets import chosen_buckets, where_given
from rolemgr.errors import InputError, MissingValueError, SourceLocation
from rolemgr.model.service_trust import ServiceTrust
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust import AnyTrust, GitHubTrust, SageMakerTrust

_KEY = re.compile(r"(?!(?i:aws:))[\w .:/=+@-]{1,128}")

_GIVEN_BY = (("tag",), ("trust",))
"""The keys of a role file that bring a tag to a session."""

_SPELL = "SageMaker's tags know upper and lower case: spell it alike"


def missing_tags(spec: Sourced[RoleSpec]) -> list[InputError]:
    """
    Return what is wrong with the tag keys that *spec* asks of its callers: their form, and who comes without them.

    They are those of ``--abac``, and those in the names of buckets. A caller without the tag gets nothing there,
    so a trust that can't bring it is an error. Keys are spelt alike everywhere: IAM compares them without regard
    to case, SageMaker's tags do not.
    """
    problems = list(_wrong_keys(spec))
    if problems:
        return problems
    asked = {key: spec.at("abac", number) for number, key in enumerate(spec.value.abac)}
    for bucket, key in chosen_buckets(spec.value).items():
        asked.setdefault(key, where_given(spec, bucket))
    return [problem for key, where in asked.items() for problem in _unbrought(spec, where, key)]


def _wrong_keys(spec: Sourced[RoleSpec]) -> Iterator[InputError]:
    seen: dict[str, str] = {}
    for number, key in enumerate(spec.value.abac):
        where = spec.at("abac", number)
        if not _KEY.fullmatch(key):
            problem = f"`{key}` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:"
            yield InputError(where, problem)
        elif key.lower() in seen:
            yield InputError(
                where, f"tag key `{key}` is there twice", f"IAM reads `{seen[key.lower()]}` as the same key"
            )
        seen.setdefault(key.lower(), key)


def _unbrought(spec: Sourced[RoleSpec], where: SourceLocation, key: str) -> Iterator[InputError]:
    """Yield an error where the tag *key* is spelt otherwise or is empty, and for each trust that lacks it."""
    tags = spec.value.tag
    if other := _other_spelling(key, tags):
        yield InputError(
            where, f"tag key `{key}` is spelt `{other}` under --tag", "SageMaker's tags know case: spell it alike"
        )
    elif tags.get(key) == "":
        yield InputError(where, f"the role's tag `{key}` is empty", f"give its value: --tag {key}=VALUE")
    elif key not in tags:
        for place, trust in enumerate(spec.value.trust):
            yield from _lacking(spec, where, place, trust, key)


def _lacking(
    spec: Sourced[RoleSpec], asked: SourceLocation, place: int, trust: AnyTrust, key: str
) -> Iterator[InputError]:
    where = spec.at("trust", place) if "trust" in spec.value.model_fields_set else asked
    add = f"add --tag {key}=VALUE"
    if isinstance(trust, SageMakerTrust):
        problem = f"SageMaker's sessions carry the role's own tags, and the role has no tag `{key}`"
        yield MissingValueError(where, problem, add, _GIVEN_BY)
    elif isinstance(trust, ServiceTrust):
        problem = f"sessions of `service:{trust.value}` carry the role's own tags, and the role has no tag `{key}`"
        yield MissingValueError(where, problem, add, _GIVEN_BY)
    elif isinstance(trust, GitHubTrust):
        problem = f"GitHub's tokens bring no session tags, and the role has no tag `{key}`"
        yield MissingValueError(where, problem, add, _GIVEN_BY)
    elif key not in trust.session_tags:
        if other := _other_spelling(key, dict.fromkeys(trust.session_tags, "")):
            problem = f"trust `{trust.kind}:{trust.value}` spells the session tag `{other}`"
            yield InputError(where, problem, "SageMaker's tags know case: spell it alike")
            return
        problem = f"nothing gives sessions of trust `{trust.kind}:{trust.value}` the tag `{key}`"
        hint = f"add session-tags={key} to the trust where the caller brings it, or --tag {key}=VALUE"
        yield MissingValueError(where, problem, hint, _GIVEN_BY)


def _other_spelling(key: str, tags: Mapping[str, str]) -> str | None:
    """Return the key of *tags* that differs from *key* by case alone."""
    return next((other for other in tags if other != key and other.lower() == key.lower()), None)

"""
All proofs, over one role or over the whole catalog.

The roles of a catalog: every persona as it is, with each ready profile, with all guardrails at once, by one tag
key, by two, and by one that buckets are held to as well; and every activity group that no persona has, alone, with
all guardrails, and by a tag key. What a guardrail or a group needs to be told and has no default for gets an
example value.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.never_names import wrong_names_in_separations
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, MissingValueError, Problems, raise_all
from rolemgr.evaluate.decision import evaluate
from rolemgr.files.source import SourceFile
from rolemgr.model.catalog import Parameter, ParameterType
from rolemgr.model.guardrail import GuardrailParameter
from rolemgr.model.role import ComposedRole
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.prove.bucket_tags import bucket_tags_kept
from rolemgr.prove.grants import no_dead_grant
from rolemgr.prove.guardrails import guardrails_kept
from rolemgr.prove.overlaps import overlaps_declared
from rolemgr.prove.packed import packing_lossless
from rolemgr.prove.proof import CounterExample, Decide, Proof, RoleToProve, Untold, flags_of, together
from rolemgr.prove.separate import attached_separated, separated, with_attached_documents
from rolemgr.prove.tags import tags_kept
from rolemgr.reference.resources import example_of_type
from rolemgr.render.documents import render
from rolemgr.separation.violations import RenderedRole

MADE = "quotas"
MADE_CLAIM = "every persona can be made with every ready profile, and every group with every guardrail"

_CARRIER = "sagemaker-compute"
"""The persona that groups are put into that no persona has."""

_TAGS: Sequence[Mapping[str, str]] = ({"Project": "churn"}, {"Project": "churn", "Team": "north"})
"""The tag keys that roles are proven by, with the role's values."""

_FEW = 2

_KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_EXAMPLES: Mapping[ParameterType, str] = {
    ParameterType.STRING: "example",
    ParameterType.NAME_PATTERN: "example-*",
    ParameterType.MODEL_PATTERN: "example.model-v1:0",
    ParameterType.ROLE_ARN: "arn:aws:iam::111122223333:role/example",
    ParameterType.ARN: "arn:aws:sagemaker:us-east-1:111122223333:example/one",
    ParameterType.ACCOUNT_ID: "444455556666",
    ParameterType.BUCKET: "example-bucket",
    ParameterType.KEY_ARN: _KEY,
    ParameterType.S3_PREFIX: "example-bucket/prefix",
    ParameterType.SUBNET_ID: "subnet-0a1b2c3d",
    ParameterType.SECURITY_GROUP_ID: "sg-0a1b2c3d",
    ParameterType.FILE_SYSTEM_ID: "fs-0a1b2c3d",
    ParameterType.INSTANCE_TYPE: "ml.m5.large",
    ParameterType.DURATION: "6h",
    ParameterType.INTEGER: "8",
    ParameterType.TAG_KEY: "Project",
    ParameterType.IP_RANGE: "203.0.113.0/24",
    ParameterType.VPC_ID: "vpc-0a1b2c3d",
    ParameterType.VPC_ENDPOINT_ID: "vpce-0a1b2c3d",
}


def example_of(kind: ParameterType) -> str:
    """Return a value of *kind* that a role can be made with where nobody gives one."""
    return _EXAMPLES[kind]


def prove_role(subject: RoleToProve) -> tuple[Proof, ...]:
    """Return the proofs about *subject*: separation, overlap with the other personas, guardrails, grants, packing."""
    spec = subject.rendered.role.spec
    place = {"account": spec.account, "region": spec.region, "partition": spec.partition_name}
    names = [name for name in subject.catalog.found("personas") if name != spec.persona]
    others, needing = _personas_of(subject.catalog, names, place, subject.decide)
    supposing = {name: {**with_examples(subject.catalog, name, subject.rendered.role), **place} for name in needing}
    others += [subject_of(subject.catalog, one, subject.decide) for one in supposing.values()]
    overlap = overlaps_declared([subject, *others])
    supposed = tuple(f"persona `{name}` is taken with {_in_words(one)}" for name, one in supposing.items())
    about = (separated(subject), *attached_separated(subject), overlap._replace(supposed=supposed))
    return together((*about, *limits_of(subject)))


def with_examples(catalog: Catalog, persona: str, beside: ComposedRole | None = None) -> dict[str, Any]:
    """
    Return the choices of *persona* with an example of each value that its groups ask for, and no guardrails.

    Those have values of their own to ask for, and only take away. What the role *beside* has for a parameter of the
    same name is taken before an example: that is where two roles meet.
    """
    known = beside.parameters if beside else {}
    found = {
        name: known.get(name) or value
        for group in resolve_persona(catalog, persona).groups
        for name, value in _parameters(catalog, group).items()
        if catalog.activity_group(group).value.parameters[name].default is None
    }
    return {"persona": persona, "parameter": found, "no_default_guardrails": True}


def _in_words(choices: Mapping[str, Any]) -> str:
    """Return the examples among *choices* as options of a command line; what they leave out is said with them."""
    return " ".join(flags_of({key: choices[key] for key in ("parameter", "no_default_guardrails") if choices.get(key)}))


def _personas_of(
    catalog: Catalog, names: Iterable[str], place: Mapping[str, Any], decide: Decide
) -> tuple[list[RoleToProve], dict[str, str]]:  # fmt: skip
    """Return the roles of the personas *names*, and of those that need a value without a default what they need."""
    found, needing = list[RoleToProve](), dict[str, str]()
    for name in names:
        choices = {"persona": name, **place}
        try:
            rendered = _rendered_in(catalog, name, tuple(place.items()))
            found.append(RoleToProve(catalog, rendered, flags_of(choices), decide))
        except (MissingValueError, Problems) as error:
            every = error.problems if isinstance(error, Problems) else (error,)
            if not all(isinstance(one, MissingValueError) for one in every):
                raise
            needing[name] = "; ".join(map(str, every))
    return found, needing


@lru_cache(maxsize=64)
def _rendered_in(catalog: Catalog, persona: str, place: tuple[tuple[str, Any], ...]) -> RenderedRole:
    """Return the role of *persona* in a *place*, once: all roles of a command are proven beside the same others."""
    return subject_of(catalog, {"persona": persona, **dict(place)}).rendered


def limits_of(subject: RoleToProve) -> tuple[Proof, ...]:
    """Return the proofs about the statements of *subject* alone: guardrails, tag keys, grants, packing."""
    return (*_kept(subject), packing_lossless(subject))


def prove_catalog(catalog: Catalog, decide: Decide = evaluate) -> tuple[Proof, ...]:
    """
    Return the proofs about all roles of *catalog*, one for each claim.

    Raises InputError (or Problems) for a name that AWS is not known to have, also in a separation that no persona
    uses: a persona that takes it up would believe that it forbids something. A persona that needs a value which has
    no default is not proven, and said: nobody can tell for which value it was meant.
    """
    raise_all([*wrong_names_in_separations(catalog)])
    personas, needing = _personas_of(catalog, catalog.found("personas"), {}, decide)
    untold = (Untold(f"persona `{name}` is not proven: {why}", ("--persona", name)) for name, why in needing.items())
    proofs = [*map(separated, personas), overlaps_declared(personas), Proof(MADE, MADE_CLAIM, 0, (), tuple(untold))]
    for choices in variants(catalog, leaving_out=needing):
        made, proof = _made(catalog, choices, decide)
        personas += made
        proofs.append(proof)
    for subject in personas:
        proofs += limits_of(subject) if len(subject.rendered.role.spec.abac) < _FEW else _kept(subject)
    return together(proofs)


def _kept(subject: RoleToProve) -> tuple[Proof, ...]:
    """Return the proofs of `limits_of` but packing: several tag keys have many assignments, and pack as one does."""
    guardrails, tags = guardrails_kept(with_attached_documents(subject)), tags_kept(subject)
    return (*guardrails, *tags, *bucket_tags_kept(subject), no_dead_grant(subject))


def _made(catalog: Catalog, choices: Mapping[str, Any], decide: Decide) -> tuple[list[RoleToProve], Proof]:
    """Return the role of *choices*, and whether it can be made; all guardrails at once may be halved until they fit."""
    try:
        return [subject_of(catalog, choices, decide)], Proof(MADE, MADE_CLAIM, 1)
    except InputError as error:
        guardrails = list(choices.get("guardrail", {}).items())
        if len(guardrails) < 2:
            example = CounterExample(str(error), flags_of(choices), None, (error.where,) if error.where else ())
            return [], Proof(MADE, MADE_CLAIM, 1, (example,))
        middle = len(guardrails) // 2
        halves = (dict(guardrails[:middle]), dict(guardrails[middle:]))
        found = [_made(catalog, {**choices, "guardrail": half}, decide) for half in halves]
        return [one for made, _ in found for one in made], together([proof for _, proof in found])[0]


def subject_of(catalog: Catalog, choices: Mapping[str, Any], decide: Decide = evaluate) -> RoleToProve:
    """Return the role that *choices*, keys of a role file, describe; raise as `compose` and `render` do."""
    spec = Sourced(RoleSpec.model_validate(choices), SourceFile("the proof of the catalog", dict(choices), {}))
    role = compose(catalog, spec)
    return RoleToProve(catalog, RenderedRole(role, render(role)), flags_of(choices), decide)


def variants(catalog: Catalog, leaving_out: Container[str] = ()) -> Iterator[dict[str, Any]]:
    """
    Yield the choices of the other roles of *catalog*: personas under its profiles and guardrails, groups alone.

    The personas *leaving_out* are not among them, so that groups that no other has come alone, with example values.
    """
    every = all_guardrails(catalog)
    personas = [name for name in catalog.found("personas") if name not in leaving_out]
    for name in personas:
        for profile in catalog.found("profiles"):
            if profile != resolve_persona(catalog, name).guardrail_profile:
                yield {"persona": name, "guardrail_profile": [profile], **short_forms(catalog)}
        yield {"persona": name, "guardrail": every, **short_forms(catalog)}
        yield from ({"persona": name, "abac": list(tags), "tag": tags} for tags in _TAGS)
        yield {"persona": name, "abac": list(_TAGS[0]), "tag": _TAGS[0], "abac_buckets": True}
    for name in catalog.found("guardrails"):
        yield from ({"persona": _CARRIER, **one} for one in guardrail_choices(catalog, name)[1:])
    used = {group for name in personas for group in resolve_persona(catalog, name).groups}
    for group in catalog.found("activity_groups"):
        if group not in used:
            alone = group_alone(catalog, group)
            yield {**alone, "guardrail": every}
            yield {**alone, "abac": list(_TAGS[0]), "tag": _TAGS[0]}


def group_alone(catalog: Catalog, group: str) -> dict[str, Any]:
    """Return the choices of a role that has nothing but *group*, with an example of each value that it asks for."""
    own = list(catalog.persona(_CARRIER).value.activity_groups)
    return {
        "persona": _CARRIER, "add": [] if group in own else [group], "remove": [one for one in own if one != group],
        "parameter": _parameters(catalog, group), "break_separation": "a group alone",
    }  # fmt: skip


def all_guardrails(catalog: Catalog) -> dict[str, Any]:
    """Return every guardrail of *catalog* with its defaults, or examples where it has none."""
    chosen: dict[str, Any] = {}
    for name in catalog.found("guardrails"):
        declared = catalog.guardrail(name).value.parameters
        chosen[name] = [
            f"{one}:{_example(found)}" for one, found in declared.items() if found.default is None or not found.default
        ]
    return chosen


def guardrail_choices(catalog: Catalog, name: str) -> list[dict[str, Any]]:
    """Return the choices of roles that have the guardrail *name* in each way it can be chosen, the default first."""
    guardrail, usual = catalog.guardrail(name).value, all_guardrails(catalog)[name]
    found: list[dict[str, Any]] = [{"guardrail": {name: usual}}]
    for deny in guardrail.deny:
        chosen = [f"{one}:{value}" for one, value in deny.only_where.items()]
        if chosen and any(
            value not in (guardrail.parameters[one].default or ()) for one, value in deny.only_where.items()
        ):
            trust = {"trust": [_PEOPLE]} if deny.people_only else {}
            found.append({"guardrail": {name: [*usual, *chosen]}, **trust})
    return found


_PEOPLE: Final = "account:444455556666?org-id=o-a1b2c3d4e5"


def short_forms(catalog: Catalog) -> dict[str, Any]:
    """Return the short forms that a guardrail of *catalog* takes its values from."""
    declared = [
        one for name in catalog.found("guardrails") for one in catalog.guardrail(name).value.parameters.values()
    ]
    return {one.from_: [_EXAMPLES[one.type]] for one in declared if one.from_}


def _example(parameter: GuardrailParameter) -> str:
    return parameter.example or (parameter.one_of[0] if parameter.one_of else _EXAMPLES[parameter.type])


def _parameters(catalog: Catalog, group: str) -> dict[str, Sequence[str]]:
    """Return an example for each parameter of *group* that has no default."""
    declared = catalog.activity_group(group).value.parameters
    return {name: [_value(one)] for name, one in declared.items() if not one.default}


def _value(parameter: Parameter) -> str:
    return example_of_type(*parameter.of.split(":")) if parameter.of else _EXAMPLES[parameter.type]

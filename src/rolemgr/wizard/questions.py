"""
The questions of the four steps, as they follow from the catalog and the answers so far.

The account and the region stand in the first step, before the ARNs that are compared with them.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.catalog.profiles import guardrails_of
from rolemgr.compose.groups import chosen_groups
from rolemgr.compose.parameters import Declared, declared_parameters
from rolemgr.errors import RolemgrError
from rolemgr.iam.wildcards import action_glob
from rolemgr.model.catalog import EntryId
from rolemgr.model.guardrail import Guardrail
from rolemgr.model.persona import ResolvedPersona
from rolemgr.model.spec import DEFAULT_ACCOUNT, default_role_name
from rolemgr.wizard.answers import Answers, KeyPath, spec_of
from rolemgr.wizard.reading import Form, shown

STEPS = (
    "Persona and account",
    "Activity groups and conditions",
    "Network and encryption",
    "Review and create",
)

SWITCHES = {
    "network-isolation": "Containers without a network?",
    "inter-container-encryption": "Encrypt the traffic between a job's instances?",
}
"""The guardrails of the third step that are there or not."""


_NEEDED = "a value is needed"


class Option(NamedTuple):
    """What can be chosen by its number or *name*."""

    name: str
    title: str
    description: str = ""


class Question(NamedTuple):
    """One question: where its answer stands, what it asks, and what *unset* means where there is none."""

    path: KeyPath
    step: int
    text: str
    help: str
    form: Form = Form.TEXT
    unset: str = "none"
    options: tuple[Option, ...] = ()
    barred: tuple[Option, ...] = ()
    """What can't be chosen here, and why: it is shown and has no number."""

    @property
    def label(self) -> str:
        """The name by which one goes back to it."""
        return self.path[-1].replace("_", "-")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the options, in the order of their numbers."""
        return tuple(option.name for option in self.options)

    def default(self, answers: Answers) -> str:
        """Return what Enter stands for."""
        return shown(answers, self.path, self.form) or self.unset


def questions(catalog: Catalog, answers: Answers) -> tuple[Question, ...]:
    """Return all questions in order; before a persona is chosen, only the one for it."""
    first = _persona(catalog)
    name = answers.choices.get("persona")
    if name not in catalog.found("personas"):
        return (first,)
    persona = resolve_persona(catalog, str(name))
    return (
        first,
        *_place(),
        *_groups(catalog, persona, answers),
        *_data(catalog, persona, answers),
        *_guardrails(catalog, persona, answers),
        *_tags(answers),
        *_network(catalog, persona, answers),
        *_role(persona),
    )


_FIRST: Final = (("persona",), ("account",), ("region",), ("add",), ("bucket",), ("guardrail_profile",))
"""What a role is asked for at least; the rest keeps its defaults unless somebody asks for more."""


def first_questions(catalog: Catalog, answers: Answers) -> tuple[Question, ...]:
    """Return the few questions that a role needs, of `questions`: with those that the answers so far ask for."""
    wanted = {*_FIRST, *_short_forms(catalog, answers)}
    return tuple(one for one in questions(catalog, answers) if one.path in wanted or one.unset == _NEEDED)


def _short_forms(catalog: Catalog, answers: Answers) -> Iterator[KeyPath]:
    """Yield the questions that give guardrails of the chosen profiles their values."""
    persona = str(answers.choices.get("persona"))
    if persona not in catalog.found("personas"):
        return
    names = {*answers.choices.get("guardrail", {}), *_by_profiles(catalog, resolve_persona(catalog, persona), answers)}
    for name in names & catalog.found("guardrails").keys():
        for one in catalog.guardrail(name).value.parameters.values():
            if one.from_ and one.default is None:
                yield (one.from_,)


def _persona(catalog: Catalog) -> Question:
    options = tuple(
        Option(name, persona.title, persona.description)
        for name in catalog.found("personas")
        for persona in [resolve_persona(catalog, name)]
    )
    text = "Who is the role for? sagemaker-... are what SageMaker's jobs, endpoints and pipelines run as."
    return Question(("persona",), 1, "Persona", text, options=options)


def _place() -> Iterator[Question]:
    yield Question(
        ("account",), 1, "Account", "The 12 digits of the account that the role is for. The default is the account"
        " of AWS's documentation: such a role is for reading, not for use. `sts` asks AWS whose the credentials at hand"
        " are, and takes their account.", unset=DEFAULT_ACCOUNT,
    )  # fmt: skip
    yield Question(
        ("region",), 1, "Region", "The region of the role's jobs, endpoints and default bucket, such as eu-west-1.",
        unset="us-east-1",
    )  # fmt: skip


def _groups(catalog: Catalog, persona: ResolvedPersona, answers: Answers) -> Iterator[Question]:
    def options(names: Iterable[str]) -> tuple[Option, ...]:
        groups = {name: catalog.activity_group(name).value for name in names}
        return tuple(Option(name, group.title, group.description) for name, group in groups.items())

    others = [name for name in catalog.found("activity_groups") if name not in persona.groups]
    never = {} if answers.choices.get("break_separation") else _barred(catalog, persona.id)
    yield Question(
        ("add",), 2, "Activity groups to add", f"What persona `{persona.id}` does not have and this role is to have."
        " Groups with what the persona must never be able to do are not offered.", Form.LIST,
        options=options(name for name in others if name not in never),
        barred=tuple(
            Option(name, f"never: {action}", catalog.activity_group(name).value.description)
            for name, action in never.items()
        ),
    )  # fmt: skip
    yield Question(
        ("remove",), 2, "Activity groups to remove", f"What persona `{persona.id}` has and this role is not to have.",
        Form.LIST, options=options(iter(sorted(persona.groups))),
    )  # fmt: skip


@lru_cache(maxsize=64)
def _barred(catalog: Catalog, persona_id: EntryId) -> Mapping[EntryId, str]:
    """Return the groups that the persona has not and must not have, each with a forbidden action of it."""
    persona = resolve_persona(catalog, persona_id)
    others = (name for name in catalog.found("activity_groups") if name not in persona.groups)
    return {name: action for name in others if (action := forbidden_in(catalog, persona, name))}


def forbidden_in(catalog: Catalog, persona: ResolvedPersona, group: str) -> str | None:
    """
    Return an action that *group* allows and *persona* must never be able to do, wherever and whatever; None for none.

    What is forbidden on some resources or in some contexts, or may be denied again by a group of the persona, is
    judged where the group is chosen.
    """
    own = [one for name in (*persona.groups, group) for one in catalog.activity_group(name).value.statements]
    denied = {action for one in own if one.effect == "Deny" for action in one.actions}
    statements = [one for one in catalog.activity_group(group).value.statements if one.effect == "Allow"]
    allowed = [action for one in statements if not one.needs for action in one.actions if action not in denied]
    folded = [(action.lower(), action) for action in allowed]
    for test in map(action_glob, _forbidden_whole(persona)):
        if found := next((action for lower, action in folded if test(lower)), None):
            return found
    return None


def _forbidden_whole(persona: ResolvedPersona) -> Iterator[str]:
    """Yield the actions, as patterns, that *persona* must never be able to do, wherever and whatever."""
    for one in (never.forbidden for never in persona.never):
        if one.resource == "*" and not (one.context or one.except_on or one.except_with):
            yield one.action


def _data(catalog: Catalog, persona: ResolvedPersona, answers: Answers) -> Iterator[Question]:
    declared = _declared(catalog, persona, answers)
    if {"data_buckets", "work_buckets"} & declared.keys():
        yield Question(
            ("bucket",), 2, "Buckets", "Buckets that data is read from and work is written to.", Form.LIST,
            "SageMaker's own default bucket",
        )  # fmt: skip
    if "pass_roles" in declared:
        text = "The roles that jobs run as, as ARNs; `self` is this role."
        yield Question(("pass_role",), 2, "Roles to pass to jobs", text, Form.LIST, "role/sagemaker-compute")
    if declared:
        options = tuple(Option(name, one.parameter.help, _default_of(one)) for name, one in declared.items())
        text = "Names and other values of the chosen groups; those you pick are asked for one by one."
        yield Question(("parameter",), 2, "Parameters to set", text, Form.PICK_PARAMETERS, options=options)
    asked = {*answers.picked, *answers.choices.get("parameter", {})}
    for name, one in declared.items():
        if name in asked or _is_required(one, answers):
            text = f"{one.parameter.help}. {_default_of(one)}"
            unset = _NEEDED if one.parameter.default is None else ", ".join(one.parameter.default) or "none"
            yield Question(("parameter", name), 2, f"Parameter {name}", text, Form.LIST, unset)


def _declared(catalog: Catalog, persona: ResolvedPersona, answers: Answers) -> Mapping[str, Declared]:
    """Return the parameters of the chosen groups by name; none while something in the choice is wrong."""
    try:
        groups = chosen_groups(catalog, persona, spec_of(answers))
        return dict(sorted(declared_parameters(tuple(groups.values())).items()))
    except RolemgrError:
        return {}


def _is_required(one: Declared, answers: Answers) -> bool:
    """Tell whether the parameter has no default and no short form gives it."""
    by_short_form = one.name == "pass_roles" and "pass_role" in answers.choices
    return one.parameter.default is None and not by_short_form


def _default_of(one: Declared) -> str:
    default = one.parameter.default
    return "It has no default." if default is None else f"Default: {', '.join(default) or 'none'}."


def _guardrails(catalog: Catalog, persona: ResolvedPersona, answers: Answers) -> Iterator[Question]:
    if persona.guardrail_profile:
        profile = catalog.profile(persona.guardrail_profile, persona.profile_place).value
        text = f"The persona's guardrail profile: {profile.description} {_held(catalog, persona.guardrail_profile)}"
        yield Question(
            ("no_default_guardrails",), 2, f"Leave out the persona's guardrails ({persona.guardrail_profile})?", text,
            Form.YES,
        )  # fmt: skip
    profiles = {name: catalog.profile(name).value for name in catalog.found("profiles")}
    yield Question(
        ("guardrail_profile",), 2, "Guardrail profiles", "Ready sets of limits on how actions may be called; keys and"
        " subnets are asked for in step 3.", Form.LIST,
        options=tuple(Option(name, _held(catalog, name), one.description) for name, one in profiles.items()),
    )  # fmt: skip
    found = {name: catalog.guardrail(name).value for name in catalog.found("guardrails")}
    yield Question(
        ("guardrail",), 2, "Guardrails", "Single limits, beside those of the profiles; values are asked for next.",
        Form.PICK_GUARDRAILS, options=tuple(Option(name, one.title, _explained(one)) for name, one in found.items()),
    )  # fmt: skip
    for name in answers.choices.get("guardrail", {}):
        if name in found and found[name].parameters:
            yield _values_of(name, found[name])


def _held(catalog: Catalog, profile: str) -> str:
    found = {name: ", ".join(values) for name, (values, _) in guardrails_of(catalog, profile).items()}
    return "; ".join(f"{name}{' ' if values else ''}{values}" for name, values in found.items())


def _explained(guardrail: Guardrail) -> str:
    return f"{guardrail.description} {_wants(guardrail)}".strip()


def _wants(guardrail: Guardrail) -> str:
    """Return the values of *guardrail* in words, and whether they may come from elsewhere."""
    return " ".join(
        f"{name}: {one.help}{f' (from --{one.from_}, unless given)'.replace('_', '-') if one.from_ else ''}."
        for name, one in guardrail.parameters.items()
    )


def _values_of(name: str, guardrail: Guardrail) -> Question:
    required = [one for one in guardrail.parameters.values() if one.default is None]
    by_itself = "from step 3" if any(one.from_ for one in required) else _NEEDED if required else "its defaults"
    several = len(guardrail.parameters) > 1
    forms = f" Write {' and '.join(f'{one}:VALUE' for one in guardrail.parameters)}." if several else ""
    return Question(
        ("guardrail", name), 2, f"Guardrail {name}", _explained(guardrail) + forms, Form.LIST, by_itself
    )  # fmt: skip


def _tags(answers: Answers) -> Iterator[Question]:
    yield Question(
        ("abac",), 2, "Tag keys for ABAC", "Only resources that carry the caller's own value of these tags can be"
        " touched, and new ones must carry it, such as Project.", Form.LIST,
    )  # fmt: skip
    yield Question(
        ("tag",), 2, "Tags of the role", "KEY=VALUE, such as Project=churn. A tag key for ABAC needs its value here,"
        " unless the trust (step 4) brings it as a session tag.", Form.PAIRS,
    )  # fmt: skip
    if answers.choices.get("abac") or answers.choices.get("abac_buckets"):
        yield Question(
            ("abac_buckets",), 2, "Hold buckets to the tag keys too?", "S3 compares a bucket's tags only where its"
            " access by tag is switched on (s3:PutBucketAbac): until then the role's access to the bucket is dead.",
            Form.YES,
        )  # fmt: skip


def _network(catalog: Catalog, persona: ResolvedPersona, answers: Answers) -> Iterator[Question]:
    for key, text, explained in (
        ("subnet", "Subnets", "Jobs and models must run in these, such as subnet-0a1b2c3d."),
        ("security_group", "Security groups", "Jobs and models must run with these, such as sg-0a1b2c3d."),
        ("data_key", "KMS keys for data", "ARNs of the keys that data and results are encrypted with."),
        ("volume_key", "KMS keys for disks", "ARNs of the keys that the disks of jobs are encrypted with."),
    ):
        yield Question((key,), 3, text, explained, Form.LIST)
    by_profile = _by_profiles(catalog, persona, answers)
    for name, text in SWITCHES.items():
        if name in catalog.found("guardrails") and name not in by_profile:
            explained = _explained(catalog.guardrail(name).value)
            yield Question(("guardrail", name), 3, text, explained, Form.YES)


def _by_profiles(catalog: Catalog, persona: ResolvedPersona, answers: Answers) -> set[str]:
    """Return the guardrails that profiles bring."""
    default = persona.guardrail_profile if not answers.choices.get("no_default_guardrails") else None
    names = [*([default] if default else []), *answers.choices.get("guardrail_profile", ())]
    known = [name for name in names if name in catalog.found("profiles")]
    return {guardrail for name in known for guardrail in guardrails_of(catalog, name)}


def _role(persona: ResolvedPersona) -> Iterator[Question]:
    name = default_role_name(persona.id)
    yield Question(("name",), 4, "Name", "The name of the role, up to 64 characters.", unset=name)
    yield Question(("path",), 4, "Path", "The path of the role, such as /ml/.", unset="/")
    yield Question(("description",), 4, "Description", "What the console shows of the role.", unset="the persona's")
    yield Question(
        ("trust",), 4, "Trust", "Who may assume the role: sagemaker, service:NAME, account:ID, role:ARN,"
        " saml:PROVIDER_ARN, oidc:PROVIDER_ARN?sub=SUBJECT or github:ORG/REPO, each with options behind a ? such as"
        " role:ARN?external-id=X&mfa=yes or account:ID?session-tags=Project.", Form.WORDS, "sagemaker",
    )  # fmt: skip
    yield Question(("max_session",), 4, "Longest session", "From 1h to 12h.", unset="1h")
    yield Question(
        ("boundary",), 4, "Permissions boundary", "The ARN of the managed policy that bounds the role: AWS's, or one"
        " of its account.",
    )  # fmt: skip
    yield Question(
        ("managed_policy",), 4, "Managed policies to attach", "ARNs of policies that exist: AWS's, or of the role's"
        " account. What they add is said on the next page.", Form.LIST,
    )  # fmt: skip
    yield Question(("expires",), 4, "Ends at", "A point in time such as 2026-12-24T18:00Z: from then on all is denied.")

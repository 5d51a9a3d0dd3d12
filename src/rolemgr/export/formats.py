"""The forms that a role is exported in: what each is made of, which options it takes, what is said of it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation
from rolemgr.export.portable import Portable, portable
from rolemgr.export.stand_ins import ACCOUNT, PARTITION, REGION, TRUST
from rolemgr.files.write import to_json, to_template, to_yaml
from rolemgr.iam.variables import opens_variable
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import attachments


class RoleToExport(NamedTuple):
    """A role as it was composed for the place that was assumed."""

    catalog: Catalog
    spec: Sourced[RoleSpec]
    role: ComposedRole
    documents: RoleDocuments


class Options(NamedTuple):
    """What the user chose for the export beside its format."""

    parameterize: bool = False
    units: tuple[str, ...] = ()
    """Organizational units of a stack set."""
    sso_instance: str | None = None
    """The ARN of the Identity Center instance of a permission set."""
    explain: bool = False


class Exported(NamedTuple):
    """The text of an export, and the notes on it."""

    text: str
    notes: tuple[str, ...] = ()


_Export: TypeAlias = Callable[[RoleToExport, Options], Exported]


class Format(NamedTuple):
    """A form: how it is made, the options of `Options` that it takes, and what it takes from the place it is put in."""

    export: _Export
    takes: tuple[str, ...] = ()
    filled_later: tuple[str, ...] = ()


def check_options(form: str, options: Options) -> None:
    """Raise InputError for an option that the format *form* does not take, naming those that do."""
    for name, flag in _FLAGS.items():
        if getattr(options, name) and name not in (FORMATS[form].takes if form in FORMATS else ()):
            takers = [other for other, one in FORMATS.items() if name in one.takes]
            takers = ["json", "yaml", *takers] if name == "explain" else takers
            hint = f"it goes with {', '.join(takers)}"
            raise InputError(SourceLocation(flag), f"does not go with --format {form}", hint)


_FLAGS = {
    "parameterize": "--parameterize",
    "units": "--organizational-unit",
    "sso_instance": "--sso-instance",
    "explain": "--explain",
}


def _portable(chosen: RoleToExport, options: Options, *, region_chosen: bool = False) -> Portable:
    return portable(
        chosen.catalog, chosen.spec, chosen.documents, parameterize=options.parameterize, region_chosen=region_chosen
    )


def _cloudformation(chosen: RoleToExport, options: Options) -> Exported:
    from rolemgr.export.cloudformation import BODY_LIMIT, explained, template

    made = _portable(chosen, options)
    text = to_template(template(made, explained(made) if options.explain else None))
    notes = [
        "the stack needs --capabilities CAPABILITY_NAMED_IAM",
        *_unused(made, options),
        *_place_notes(made, chosen),
    ]
    if len(text.encode()) > BODY_LIMIT:
        notes.append(f"the template is over {BODY_LIMIT:,} bytes: deploy it through a bucket (--s3-bucket)")
    return Exported(text, tuple(notes))


def _stack_set(chosen: RoleToExport, options: Options) -> Exported:
    from rolemgr.export.cloudformation import template
    from rolemgr.export.stack_set import notes, stack_set

    if "account" in chosen.spec.value.model_fields_set:
        where = chosen.spec.at("account")
        raise InputError(
            where,
            "a stack set goes into any number of accounts, so none can be fixed",
            "leave it out, or give --account none where `rolemgr.yaml` has one",
        )
    made = _portable(chosen, options)
    text = to_template(stack_set(made, to_template(template(made)), options.units))
    return Exported(text, (*notes(made), *_unused(made, options), *_place_notes(made, chosen)))


def _permission_set(chosen: RoleToExport, options: Options) -> Exported:
    from rolemgr.export.permission_set import notes, permission_set

    text = to_template(permission_set(chosen.spec, chosen.documents, options.sso_instance))
    return Exported(text, tuple(notes(chosen.role, chosen.documents)))


def _terraform(chosen: RoleToExport, options: Options) -> Exported:
    from rolemgr.export.terraform import module

    made = _portable(chosen, options)
    notes = ["Terraform leaves alone what others attach to the role: its policies are not exclusive"]
    return Exported(to_json(module(made)), (*notes, *_unused(made, options), *_place_notes(made, chosen)))


def _aws_cli(chosen: RoleToExport, options: Options) -> Exported:
    from rolemgr.export.aws_cli import script

    return Exported(script(_portable(chosen, options, region_chosen=True)))


def _sagemaker_config(chosen: RoleToExport, _options: Options) -> Exported:
    from rolemgr.export.sagemaker_config import sagemaker_config

    found = sagemaker_config(chosen.role)
    return Exported(to_yaml(found.content), found.notes)


def _unused(made: Portable, options: Options) -> list[str]:
    if not options.parameterize:
        return []
    by_tag = [bucket for bucket in made.role.spec.bucket if opens_variable(bucket)]
    notes = [f"--parameterize: a tag of the caller names bucket {bucket}, which stays as it is" for bucket in by_tag]
    if not made.parameters and not by_tag:
        notes.append("--parameterize: no --bucket, key, subnet or security group is given, so there is no parameter")
    return notes


def _place_notes(made: Portable, chosen: RoleToExport) -> list[str]:
    """Return what to say of the places that the role can be put into."""
    notes = []
    if (count := len(made.documents.managed_policies)) > len(chosen.documents.managed_policies):
        notes.append(f"policies are packed for the longest names: {count} managed policies beside the inline one")
        notes += filter(None, [attachments(made.documents)])
    if made.lists:
        notes.append(f"it goes into the {len(made.regions)} regions whose facts are known here, others are refused")
    if REGION in made.free and PARTITION not in made.free:
        notes.append(f"an ARN or partition that was given fixes partition {made.role.spec.partition_name}")
    return [*notes, *_tied(made)]


def _tied(made: Portable) -> list[str]:
    """Return what to say where the role names things of one account and region, and these are not fixed."""
    replaced = {one.stand_in for one in made.parameters}
    tied = [name for name in _TIED if set(getattr(made.role.spec, name)) - replaced - {"self"}]
    if not tied or not {ACCOUNT, REGION} & made.free:
        return []
    flags = ", ".join("--" + name.replace("_", "-") for name in tied)
    instead = ", or make parameters of it (--parameterize)" if tied != ["pass_role"] and not made.parameters else ""
    return [f"what {flags} named is of one account and region: fix these with --account and --region{instead}"]


_TIED = ("pass_role", "data_key", "volume_key", "subnet", "security_group")
"""The options whose values are of one account and region."""


FORMATS: Mapping[str, Format] = {
    "cloudformation": Format(_cloudformation, ("parameterize", "explain"), (ACCOUNT, REGION)),
    "stackset": Format(_stack_set, ("parameterize", "units"), (ACCOUNT, REGION)),
    "terraform": Format(_terraform, ("parameterize",), (ACCOUNT, REGION)),
    "aws-cli": Format(_aws_cli, (), (ACCOUNT,)),
    "permission-set": Format(_permission_set, ("sso_instance",), (TRUST,)),
    "sagemaker-config": Format(_sagemaker_config),
}
"""The formats by name, beside json and yaml, which are the role's own shape."""

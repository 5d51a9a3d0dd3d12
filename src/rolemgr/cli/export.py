"""The forms of a rendered role, and their options."""

from collections.abc import Callable
from functools import wraps
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from rolemgr.cli.files import read_input
from rolemgr.errors import InputError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.cli.rendering import Chosen

Command = TypeVar("Command", bound=Callable[..., Any])

FORMS = {
    "json": "{name}.json",
    "yaml": "{name}.yaml",
    "cloudformation": "{name}.yaml",
    "stackset": "{name}.yaml",
    "terraform": "{name}/role.tf.json",
    "aws-cli": "{name}.sh",
    "permission-set": "{name}.yaml",
    "sagemaker-config": "{name}.yaml",
}
"""The forms, and where each of many roles is written in a folder: Terraform takes a folder for one module."""

_PLAIN = ("json", "yaml")


class Exports(NamedTuple):
    """The form that was chosen, and the options that go with one form or another."""

    form: str = "json"
    explain: bool = False
    parameterize: bool = False
    units: tuple[str, ...] = ()
    sso_instance: str | None = None
    template: tuple[str, str] | None = None
    """What messages call the user's template, and its text; it takes the place of the form."""

    @property
    def place(self) -> str:
        """Where each of many roles is written in a folder."""
        return FORMS[self.form] if self.template is None else f"{{name}}{_ending(self.template[0])}"

    @property
    def filled_later(self) -> tuple[str, ...]:
        """What the place that the result is put in fills in, so that nothing is assumed of it now."""
        if self.form in _PLAIN:
            return ()
        from rolemgr.export.formats import FORMATS

        return FORMATS[self.form].filled_later

    def check(self) -> None:
        """Raise InputError for an option that does not go with the form, and for a template that can't be read."""
        if self.template:
            _refuse_beside_template(self)
        if self.form in _PLAIN and not (self.parameterize or self.units or self.sso_instance):
            return
        from rolemgr.export.formats import Options, check_options

        explain = self.explain and self.form not in _PLAIN
        check_options(self.form, Options(self.parameterize, self.units, self.sso_instance, explain))


class ExportedText(NamedTuple):
    """A role as text, and what to know of it in that form."""

    text: str
    notes: tuple[str, ...] = ()


def export_options(command: Command) -> Command:
    """Give *command* ``--format``, ``--explain`` and the options of the forms, together as *exports*."""

    @wraps(command)
    def collected(**values: Any) -> Any:
        exports = Exports(**{name: values.pop(name) for name in Exports._fields})
        return command(exports=exports, **values)

    decorated: Any = collected
    for option in (
        click.option("--sso-instance", metavar="ARN", help="permission-set: the Identity Center instance."),
        click.option(
            "--organizational-unit", "units", multiple=True, metavar="ID",
            help="stackset: a unit whose accounts get the role; repeatable.",
        ),
        click.option(
            "--parameterize", is_flag=True,
            help="cloudformation, stackset, terraform: buckets, keys, subnets and security groups as parameters.",
        ),
        click.option(
            "--template", metavar="FILE", callback=_read_template,
            help="Render the role through your own template (jinja2) instead of a format.",
        ),
        click.option("--explain", is_flag=True, help="Add the catalog files and lines that each statement comes from."),
        click.option(
            "--format", "form", type=click.Choice([*FORMS]), default="json", show_default=True,
            help="The form of the result.",
        ),
    ):  # fmt: skip
        decorated = option(decorated)
    result: Command = decorated
    return result


def exported_text(found: "Chosen", exports: Exports) -> ExportedText:
    """
    Return the role *found* in the form that was chosen, with its notes.

    Raises InputError for a role that the form can't carry.
    """
    if exports.template:
        return ExportedText(_through_template(found, exports.template))
    if exports.form in _PLAIN:
        return ExportedText(_plain(found, exports))
    from rolemgr.export import formats

    options = formats.Options(exports.parameterize, exports.units, exports.sso_instance, exports.explain)
    chosen = formats.Chosen(found.catalog, found.spec, found.role, found.documents)
    made = formats.FORMATS[exports.form].export(chosen, options)
    return ExportedText(made.text, made.notes)


def _plain(found: "Chosen", exports: Exports) -> str:
    properties = found.documents.to_properties()
    if exports.explain:
        from rolemgr.render.explain import explanation

        properties["Metadata"] = explanation(found.role)
    if exports.form == "yaml":
        from rolemgr.files.write import to_yaml

        return to_yaml(properties)
    from rolemgr.render.text import role_json

    return role_json(properties)


def _read_template(_ctx: click.Context, _option: click.Parameter, name: str | None) -> tuple[str, str] | None:
    """Return what messages call the template *name*, and its text."""
    if name is None:
        return None
    text, shown = read_input(name)
    return shown, text


def _ending(name: str) -> str:
    """Return how a file that the template *name* makes ends: ``wiki.md.j2`` and ``wiki.md`` make ``.md``."""
    path = PurePath(name)
    ending = path.with_suffix("").suffix if path.suffix in (".j2", ".jinja", ".jinja2") else path.suffix
    return ending or ".txt"


def _refuse_beside_template(exports: Exports) -> None:
    """Raise InputError for an option of forms beside a template, and for a template that can't be read."""
    for name in ("explain", "parameterize", "units", "sso_instance"):
        if getattr(exports, name):
            flag = SourceLocation("--organizational-unit" if name == "units" else f"--{name.replace('_', '-')}")
            hint = "`explanation` is there in every template" if name == "explain" else None
            raise InputError(flag, "goes without --template", hint)
    from rolemgr.render.user_template import TemplateSource, require_template

    require_template(TemplateSource(*exports.template or ("", "")))


def _through_template(found: "Chosen", template: tuple[str, str]) -> str:
    from rolemgr.render.template_names import values_of
    from rolemgr.render.user_template import TemplateSource, render_template

    groups = {name: found.catalog.activity_group(name).value for name in found.role.groups}
    return render_template(TemplateSource(*template), values_of(found.role, found.documents, groups))

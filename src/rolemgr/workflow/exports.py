"""The forms of a rendered role, what goes with each, and the role in one of them."""

from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.write import to_yaml

if TYPE_CHECKING:
    from rolemgr.workflow.role import RenderedChoice  # help knows the forms, and makes no role

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
        from rolemgr.export.formats import FORMATS  # the plain forms pay for no other

        return FORMATS[self.form].filled_later

    def check(self) -> None:
        """Raise InputError for an option that does not go with the form, and for a template that can't be read."""
        if self.template:
            _refuse_beside_template(self)
        if self.form in _PLAIN and not (self.parameterize or self.units or self.sso_instance):
            return
        from rolemgr.export.formats import Options, check_options  # as above

        explain = self.explain and self.form not in _PLAIN
        check_options(self.form, Options(self.parameterize, self.units, self.sso_instance, explain))


class ExportedText(NamedTuple):
    """A role as text, and what to know of it in that form."""

    text: str
    notes: tuple[str, ...] = ()


def exported_text(found: "RenderedChoice", exports: Exports) -> ExportedText:
    """
    Return the role *found* in the form that was chosen, with its notes.

    Raises InputError for a role that the form can't carry.
    """
    if exports.template:
        return ExportedText(_through_template(found, exports.template))
    if exports.form in _PLAIN:
        return ExportedText(_plain(found, exports))
    from rolemgr.export import formats  # the plain forms pay for no other

    options = formats.Options(exports.parameterize, exports.units, exports.sso_instance, exports.explain)
    chosen = formats.RoleToExport(found.catalog, found.spec, found.role, found.documents)
    made = formats.FORMATS[exports.form].export(chosen, options)
    return ExportedText(made.text, made.notes)


def _plain(found: "RenderedChoice", exports: Exports) -> str:
    properties = found.documents.to_properties()
    if exports.explain:
        from rolemgr.render.explain import explanation  # with --explain alone

        properties["Metadata"] = explanation(found.role)
    if exports.form == "yaml":
        return to_yaml(properties)
    from rolemgr.render.text import role_json  # jinja2, for JSON alone

    return role_json(properties)


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
    from rolemgr.render.user_template import TemplateSource, require_template  # jinja2

    require_template(TemplateSource(*exports.template or ("", "")))


def _through_template(found: "RenderedChoice", template: tuple[str, str]) -> str:
    from rolemgr.render.template_names import values_of  # jinja2, for a template alone
    from rolemgr.render.user_template import TemplateSource, render_template

    groups = {name: found.catalog.activity_group(name).value for name in found.role.groups}
    return render_template(TemplateSource(*template), values_of(found.role, found.documents, groups))

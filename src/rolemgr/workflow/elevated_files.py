"""The files of an elevated role: its role file, the role in a form, the SCPs, and the page on its approval."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.files.write import to_json, to_yaml
from rolemgr.report.diff_forms import diff_data
from rolemgr.report.elevated import ElevatedView, FileLine, approval_page, elevated_text
from rolemgr.workflow.elevated import MadeElevated
from rolemgr.workflow.exports import Exports, exported_text
from rolemgr.workflow.layer_policies import layer_text
from rolemgr.workflow.outside import Say

_ROLES: Final[Mapping[str, str]] = {
    "cloudformation": "role.template.yaml",
    "terraform": "role/role.tf.json",
    "aws-cli": "create-role.sh",
    "permission-set": "permission-set.yaml",
}
_SCPS: Final[Mapping[str, str]] = {
    "cloudformation": "scp.template.yaml",
    "terraform": "scp/policies.tf.json",
    "aws-cli": "scp.sh",
    "permission-set": "scp.template.yaml",
}
_SCHEMA: Final = "# Made by rolemgr elevated; `rolemgr plan`, `diff` and `drift` take it as any role file.\n"


class ElevatedFile(NamedTuple):
    """A file of the result: its path in the folder, and its text."""

    path: str
    text: str


def one_text(made: MadeElevated, form: str, say: Say) -> str:
    """Return the result as one text: for people, or all of it as JSON."""
    if form == "text":
        form = "permission-set" if made.permission_set else "cloudformation"
        return elevated_text(_view(made), tuple(_lines(made, form)))
    return to_json(_data(made, say))


def each_text(made: Sequence[tuple[str, MadeElevated]], form: str, say: Say) -> str:
    """Return the results, each with the name of its file, as one text: one after another, or one JSON document."""
    if form == "text":
        return "\n".join(f"{file}\n{one_text(one, form, say)}" for file, one in made)
    return to_json({"roles": [{"file": file, **_data(one, say)} for file, one in made]})


def _data(made: MadeElevated, say: Say) -> dict[str, Any]:
    return {
        "RoleFile": _choices(made, say),
        "Role": made.role.documents.to_properties(),
        "Until": made.until,
        "Changes": diff_data(made.difference),
        "ServiceControlPolicies": [one.document.to_json_value() for one in made.scp.documents.policies]
        if made.scp
        else [],
        "Approval": approval_page(_view(made)),
    }


def elevated_files(made: MadeElevated, form: str, say: Say) -> Iterator[ElevatedFile]:
    """Yield the files of the result in *form*; say what to know of them."""
    yield from role_files(made, form, say)
    yield from scp_files(made, form)


def role_files(made: MadeElevated, form: str, say: Say) -> Iterator[ElevatedFile]:
    """Yield the files of the role alone, in *form*; say what to know of them."""
    if not made.permission_set:  # a role file without a trust of its own would trust SageMaker
        yield ElevatedFile("elevated.yaml", _SCHEMA + to_yaml(_choices(made, say)))
    exported = exported_text(made.role, Exports(form))
    for note in exported.notes:
        say(note)
    yield ElevatedFile(_ROLES[form], exported.text)
    yield ElevatedFile("APPROVAL.md", approval_page(_view(made)))


def scp_files(made: MadeElevated, form: str) -> Iterator[ElevatedFile]:
    """Yield the file of the SCPs in *form*, if there are some."""
    if made.scp:
        scp_form = "cloudformation" if form == "permission-set" else form
        yield ElevatedFile(_SCPS[form], layer_text(made.scp, scp_form))


def _lines(made: MadeElevated, form: str) -> Iterator[FileLine]:
    if not made.permission_set:
        yield FileLine("elevated.yaml", "the role file, for git and review")
    yield FileLine(_ROLES[form], "the role" if form != "permission-set" else "the permission set, assigned to nobody")
    if made.scp:
        yield FileLine(_SCPS[form], f"SCPs that let it go until {made.until}")
    yield FileLine("APPROVAL.md", "who approves, how it is taken, how it is found again, what happens at the end")


def _view(made: MadeElevated) -> ElevatedView:
    spec, base = made.role.spec.value, made.base.role.spec.arn
    return ElevatedView(spec, base, made.difference, made.exempt, made.permission_set, made.scp is not None)


def _choices(made: MadeElevated, say: Say) -> dict[str, Any]:
    """Return the choices of the role as its role file has them; paths stay as they were given."""
    data = {key: _plain(value) for key, value in made.source.data.items() if key != "role"}
    if data.get("catalog"):
        say("elevated.yaml names catalog folders as seen from here: mend them where it goes elsewhere")
    return data


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value

"""`--prove`: the commands that render a layer prove it instead, as `rolemgr prove` does a role."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rolemgr.cli.console import give
from rolemgr.errors import InputError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.workflow.prove import Proven

Command = TypeVar("Command", bound=Callable[..., Any])

prove_option = click.option(
    "--prove", is_flag=True, help="Prove what the policies hold, and render nothing; exits with 1 where a proof fails."
)
attached_option = click.option(
    "--attached", multiple=True, metavar="FILE",
    help="With --prove: the policies that are attached, in the place of those rendered here; repeatable.",
)  # fmt: skip


def layer_form_option(forms: Iterable[str], more: str = "") -> Callable[[Command], Command]:
    """Return the option ``--format`` of a command that renders a layer in one of *forms*, or proves it."""
    return click.option(
        "--format", "form", type=click.Choice([*forms, "text"]),
        help=f"The form of the result, json unless given{more}; of --prove text (unless given) or json.",
    )  # fmt: skip


def rendered_form(form: str | None, attached: Sequence[str] = ()) -> str:
    """Return the *form* of what is rendered; raise InputError for what goes with ``--prove`` alone."""
    if attached:
        raise InputError(SourceLocation("--attached"), "goes with --prove", "give both, or neither")
    if form == "text":
        raise InputError(SourceLocation("--format"), "`text` goes with --prove", "give --prove too, or another form")
    return form or "json"


def give_proofs(found: "Callable[[], Proven]", form: str | None, output: str | None) -> None:
    """Give the proofs that are *found* in *form*; end with 1 where one of them fails."""
    if form not in (None, "text", "json"):
        raise InputError(SourceLocation("--format"), f"`{form}` does not go with --prove", "give text or json")
    proven = found()
    give(form or "text", proven.views.data, proven.views.page, output, "auto")
    if not all(proof.holds for proof in proven.proofs):
        sys.exit(1)

"""`rolemgr build`: every document of a blueprint."""

from pathlib import Path

import click

from rolemgr.cli.console import format_option, output_path
from rolemgr.cli.files import note, write_in
from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.settings import BLUEPRINT_FILE

_FORMS = ("json", "cloudformation", "terraform", "aws-cli")


@click.command("build")
@click.argument("blueprint", default=BLUEPRINT_FILE)
@format_option(_FORMS, "The form of the documents; what a form can't hold is JSON.")
@click.option(
    "-o",
    "--output",
    callback=output_path,
    metavar="FOLDER",
    default="build",
    show_default=True,
    help="The folder to write to.",
)
@click.option("--prune", is_flag=True, help="Delete what an earlier build wrote there and this one does not.")
def build_command(blueprint: str, form: str, output: str, prune: bool) -> None:
    """
    Render every document of a blueprint.

    BLUEPRINT is its file, or the folder that has it. Each account has a folder with its roles and the policies of what
    it shares; `organization` has the SCPs and RCPs of each level, and the roles that all accounts of a unit have alike.
    index.html and index.md show all of it, and what to apply in which order. Only files that change are written, so
    that a build of the same blueprint changes nothing; what an earlier build left is named. `rolemgr prove BLUEPRINT`
    says whether the documents do what the blueprint says.

    \b
    Examples:
      rolemgr build
      rolemgr build platform/ -o build
      rolemgr build blueprints/three-accounts.yaml -o build --format cloudformation --prune
    """
    blueprint = workflow.blueprint_given.blueprint_in_folder(blueprint, OUTSIDE)
    found = workflow.blueprint.composed_blueprint(blueprint, OUTSIDE)
    files = workflow.blueprint.built_files(found, form)
    changes = workflow.built.changes_in(output, files)
    for one in changes.to_write:
        write_in(output, one.path.replace("{", "{{").replace("}", "}}"), "build", one.text)
    for path in changes.left if prune else ():
        _delete(output, path)
    stays = () if prune else changes.left
    for path in stays:
        note(f"{output}/{path} is of an earlier build; --prune deletes it")
    every = sorted({*(one.path for one in files), *stays})
    if workflow.built.is_other_manifest(output, every):
        write_in(output, workflow.built.MANIFEST, "build", workflow.built.manifest_text(every))
    gone = f", {len(changes.left)} deleted" if prune and changes.left else ""
    note(f"{output}: {len(changes.to_write)} files written, {len(changes.unchanged)} unchanged{gone}")


def _delete(folder: str, path: str) -> None:
    """Delete the file at *path* in *folder*; raise InputError where a link leads to it, or it can't be deleted."""
    whole = Path(folder, path)
    if whole.parent.resolve() != Path(folder).resolve().joinpath(path).parent:
        raise InputError(SourceLocation(str(whole)), "is behind a link, and below its folder nothing follows one")
    try:
        whole.unlink()
    except OSError as error:
        raise InputError(SourceLocation(str(whole)), f"can't be deleted: {error.strerror}") from error

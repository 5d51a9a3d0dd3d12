"""`rolemgr mcp`: a read-only MCP server on stdio."""

import importlib.util
from pathlib import Path

import click

from rolemgr.cli.inventory import inventory_of
from rolemgr.cli.lazy import cli
from rolemgr.errors import InputError, SourceLocation


@click.command("mcp")
def mcp_command() -> None:
    """
    Serve agents on stdio, read-only.

    The tools preview, check, simulate, diagnose, query and who_can of the Model Context Protocol. Nothing is created,
    no account is looked at, no file outside of this folder is read, whatever a policy or a path says; results are
    data. It needs `pip install 'rolemgr[mcp]'`.

    \b
    Examples:
      rolemgr mcp < /dev/null
      echo '{"mcpServers": {"rolemgr": {"command": "rolemgr", "args": ["mcp"]}}}' > .mcp.json
    """
    if importlib.util.find_spec("mcp") is None:
        raise InputError(None, "the package `mcp` is not installed", "pip install 'rolemgr[mcp]'")
    here = Path.cwd()
    for name in ("rolemgr.yaml", "rolemgr-check.yaml"):
        above = next((folder for folder in here.parents if (folder / name).is_file()), None)
        if above and not (here / name).is_file():
            problem = f"`{name}` in {above} holds here too, and is outside of this folder"
            raise InputError(SourceLocation("mcp"), problem, "start the server there")
    cli.mcp_server.serve(here, inventory_of)

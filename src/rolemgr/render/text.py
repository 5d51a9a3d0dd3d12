"""The text of a role: made once, through a template, and read back before anyone sees it."""

from collections.abc import Mapping

from rolemgr.errors import RenderError
from rolemgr.files.json import strict_json
from rolemgr.files.source import ANSWER_LIMITS
from rolemgr.iam.documents import JsonValue
from rolemgr.render.templating import render_text

_TEMPLATE = "role.json.j2"


def role_json(properties: Mapping[str, JsonValue]) -> str:
    """
    Return the *properties* of a role as JSON text that ends in a newline.

    Raises RenderError where the text does not read as those properties, so that no template can change a document.
    """
    text = render_text(_TEMPLATE, role=properties)
    require_same(text, properties)
    return text


def require_same(text: str, properties: Mapping[str, JsonValue]) -> None:
    """Raise RenderError where *text* is not JSON, or JSON that says something else than *properties*."""
    try:
        found = strict_json(text, ANSWER_LIMITS)
    except (ValueError, RecursionError) as error:
        raise RenderError(f"a template rendered what is not JSON: {error}") from error
    if found != properties:
        raise RenderError("a template rendered something else than the role")

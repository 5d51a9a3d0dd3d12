"""
What a persona must never do, in words, where no role fills the placeholders: in `show persona` and `show separation`.

A prefix is told by its parameter and what the catalog says of it, an ARN of the role's own place by what it names
there; any other placeholder becomes a word in capitals, as in the help of a parameter (``BUCKET/PREFIX``).
"""

from collections.abc import Iterator, Mapping

from rolemgr.catalog.load import Catalog
from rolemgr.compose.substitute import Placeholder, pieces_of
from rolemgr.iam.arn import Arn
from rolemgr.model.catalog import Forbidden, Parameter
from rolemgr.model.persona import Never

_OF_THE_ROLE = {"PARTITION", "REGION", "ACCOUNT"}
"""What a role has without a parameter, as `_capitals` writes it."""


def in_words(catalog: Catalog, never: Never) -> str:
    """Return *never* of *catalog* as one sentence with its exceptions."""
    forbidden = _without_placeholders(catalog, never.forbidden)
    return f"{forbidden}{forbidden.excepted()}"


def entry_in_words(catalog: Catalog, forbidden: Forbidden) -> str:
    """Return *forbidden* without its exceptions, as `in_words` tells it."""
    return str(_without_placeholders(catalog, forbidden))


def _without_placeholders(catalog: Catalog, forbidden: Forbidden) -> Forbidden:
    def told(block: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {key: tuple(map(_capitals, values)) for key, values in block.items()}

    return forbidden.model_copy(
        update={
            "resource": _resource(catalog, forbidden.resource),
            "except_on": tuple(_resource(catalog, one) for one in forbidden.except_on),
            "context": told(forbidden.context),
            "except_with": told(forbidden.except_with),
        }
    )


def _resource(catalog: Catalog, text: str) -> str:
    match pieces_of(text):
        case (Placeholder("role"),):
            return "the role itself"
        case ("arn:", Placeholder("partition"), ":s3:::", Placeholder(name), "/*"):
            return f"the objects under `{name}`{_meaning(catalog, name)}"
        case _:
            return _in_its_place(_capitals(text))


def _in_its_place(text: str) -> str:
    """Return the ARN *text* without the role's own partition, region and account; another text as it is."""
    arn = Arn.parse(text)
    if arn is None or not {arn.partition, arn.region, arn.account} <= _OF_THE_ROLE:
        return text
    return f"{arn.resource} of the role's account and region"


def _capitals(text: str) -> str:
    return "".join(piece if isinstance(piece, str) else piece.name.upper() for piece in pieces_of(text))


def _meaning(catalog: Catalog, name: str) -> str:
    """Return what the parameter *name* is for, in brackets, without the form of its values; "" where nobody says."""
    helps = (parameter.help.partition(", as ")[0] for parameter in _declared(catalog, name))
    return next((f" ({text})" for text in helps), "")


def _declared(catalog: Catalog, name: str) -> Iterator[Parameter]:
    """Yield each declaration of the parameter *name*: the shared one first, which costs no reading of groups."""
    if shared := catalog.shared_parameters.get(name):
        yield shared.parameter
    for group in catalog.found("activity_groups"):
        if found := catalog.activity_group(group).value.parameters.get(name):
            yield found

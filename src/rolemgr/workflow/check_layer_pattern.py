"""What rules find in the policies that a catalog's SCP or RCP becomes: a Deny that no request meets, above all."""

from collections.abc import Iterator

from rolemgr.catalog.load import Catalog
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.read import read
from rolemgr.check.role import Reason
from rolemgr.check.run import check
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import PolicyType
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.lint import EXAMPLES
from rolemgr.layers.values import GivenValue
from rolemgr.model.layer import ComposedLayer, LayerDeny
from rolemgr.model.layer_pattern import LayerKind, LayerPattern
from rolemgr.model.source import Sourced
from rolemgr.render.layer_documents import layer_documents

TYPES = {LayerKind.SCP: PolicyType.SCP, LayerKind.RCP: PolicyType.RCP}
_MOST_POLICIES = 99


def found_in_pattern(catalog: Catalog, kind: LayerKind, name: str) -> Iterator[tuple[Finding, Reason | None]]:
    """
    Yield what rules find in the policies of the pattern *name*, at its lines, and why the pattern accepts it.

    A parameter has its default, or an example of its type; what guards the policies of its kind is judged elsewhere.
    Raises InputError (or Problems) where the policies can't be made.
    """
    pattern = catalog.layer_pattern(kind, name)
    if pattern.value.refused:
        return
    layer = compose_layer(catalog, LayerChoice(kind, (name,), given=_examples(pattern)))
    denies = {deny.sid: deny for part in layer.parts for deny in part.denies}
    for finding in check(_documents(layer, name)):
        deny = _deny_of(finding, denies)
        if deny and deny.origin.location.file == pattern.source.name:
            where = deny.origin.location
            yield finding._replace(path=where.file, line=where.line, column=None), _accepting(pattern, finding)


def _examples(pattern: Sourced[LayerPattern]) -> dict[str, GivenValue]:
    apart = {name for pair in pattern.value.apart for name in pair}
    return {
        name: GivenValue(
            (EXAMPLES[declared.type] + (f"-{name}" if name in apart else ""),), SourceLocation("an example")
        )
        for name, declared in pattern.value.parameters.items()
        if declared.default is None
    }


def _documents(layer: ComposedLayer, name: str) -> list[Document]:
    made = layer_documents(layer, name, _MOST_POLICIES).policies
    raw = ((one.name, one.document.to_json_value()) for one in made)
    found = [read(Document(each, TYPES[layer.kind], value, lambda _: None, group=each)) for each, value in raw]
    for one in found:  # all of them are attached
        one.beside = found
    return found


def _deny_of(finding: Finding, denies: dict[str, LayerDeny]) -> LayerDeny | None:
    """Return the Deny that *finding* is about; one that is too long for a policy has a number behind its Sid."""
    sid = finding.sid or ""
    return denies.get(sid) or denies.get(sid.rstrip("0123456789"))


def _accepting(pattern: Sourced[LayerPattern], finding: Finding) -> Reason | None:
    accepts = enumerate(pattern.value.accepts)
    found = (index for index, one in accepts if (one.rule, one.sid) == (finding.rule, finding.sid))
    index = next(found, None)
    return None if index is None else Reason(pattern.value.accepts[index].why, pattern.at("accepts", index))

"""What is worth a second look at a role, the worst first: whole sentences, on the page short ones."""

from collections.abc import Iterator, Sequence
from typing import Final

from rolemgr.check.finding import Finding, Severity
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.reference.services import find_action
from rolemgr.report.preview import warnings
from rolemgr.report.review_attached import attached_looks
from rolemgr.report.review_resources import WRITING, granted, some_of
from rolemgr.report.statements import access_level
from rolemgr.separation.violations import sentence


def second_look(
    role: ComposedRole, documents: RoleDocuments, findings: Sequence[Finding], *, whole: bool
) -> Iterator[str]:  # fmt: skip
    """Yield what is worth a second look, the worst first, numbered."""
    told = _TOLD_ALREADY if whole else (*_TOLD_ALREADY, *_TOLD_SHORTER)
    notes = [text for text in warnings(role, documents) if not text.startswith(told)]
    found = [
        *_broken(role),
        *_worst(findings),
        *([] if whole else attached_looks(role)),
        *sorted(notes, key=lambda text: not text.startswith(_OUTSIDE)),
        *_unset(role),
        *_wide(role, whole=whole),
    ]
    home = f"arn:{role.spec.partition_name}:iam::{role.spec.account}:role/"
    texts = found if whole else [text.replace(home, "role/") for text in found]
    yield from (f"{number}  {text}" for number, text in enumerate(dict.fromkeys(texts), 1))


_OUTSIDE: Final = "account "
"""How a note on a principal of another account begins: those come first."""
_TOLD_ALREADY: Final = ("guardrail ", "let off `")
"""How notes begin that are told elsewhere: what a guardrail can't narrow by LIMITS, what is let off by `_broken`."""
_TOLD_SHORTER: Final = ("managed policy ", "what managed policy ")
"""How notes on attached policies begin: the page tells those of known text in few words, others under its title."""


def _broken(role: ComposedRole) -> Iterator[str]:
    if role.spec.break_separation:
        yield f"the separation of persona {role.persona.id} is broken: {role.spec.break_separation}"
    for one in role.persona.excused:
        yield f"let off {sentence(one.never, role)}: {one.reason}"


def _worst(findings: Sequence[Finding]) -> Iterator[str]:
    yield from (f"{one.rule} {one.message}" for one in findings if one.severity.at_least(Severity.SECURITY_WARNING))


def _wide(role: ComposedRole, *, whole: bool) -> Iterator[str]:
    """Yield the names and resources that nobody limited, and that a parameter or AWS would let limit."""
    declared = sorted(name for name, values in role.parameters.items() if values == ("*",))
    if declared and whole:
        yield f"names are not limited for: {', '.join(declared)}: --parameter NAME=PATTERN"
    elif declared:
        kinds = [f"{name.removesuffix('_names').removesuffix('s').replace('_', ' ')}s" for name in declared]
        told = kinds if len(kinds) <= _KINDS + 1 else kinds[:_KINDS]
        more = f" and {len(kinds) - len(told)} more kinds" if len(told) < len(kinds) else ""
        yield f"all {', '.join(told)}{more} of the account: names are not limited (--parameter)"
    anywhere = {action for action, resource in granted(role) if resource == "*" and access_level(action) in WRITING}
    if anywhere:
        yield f"in the whole account, as AWS has no resource for them: {some_of(sorted(anywhere), whole=whole)}"


_KINDS: Final = 5
"""How many kinds of what nobody gave a name for are told on the page."""


def _unset(role: ComposedRole) -> Iterator[str]:
    """Yield the limits that a team usually wants and this role does not have."""
    actions = filter(None, map(find_action, {action for action, _ in granted(role)}))
    keys = {key for action in actions for key in action.condition_keys}
    if "sagemaker:vpcsubnets" in keys and not role.spec.subnet:
        yield "data can leave to the internet: work may run outside of your VPC (--subnet, --security-group)"
    if "sagemaker:volumekmskey" in keys and not role.spec.volume_key:
        yield "disks without a KMS key of yours are possible (--volume-key)"

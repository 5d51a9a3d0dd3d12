"""Random roles with guardrails: personas, groups added and removed, and values that each guardrail takes."""

from typing import Any

from hypothesis import strategies as st
from tests.guardrails.complying import Limits
from tests.guardrails.judging import NAMES, value_of

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.model.role import ComposedRole

CATALOG = Catalog()
PERSONAS = sorted(CATALOG.found("personas"))

_KEY = "arn:aws:kms:us-east-1:111122223333:key/0000000{}-0000-4000-8000-000000000000"
_OF_SAGEMAKER = "arn:aws:sagemaker:us-east-1:111122223333:{}"


def _some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


_JOB_TYPES = _some("ml.m5.large", "ml.m5.xlarge", "ml.m5.*", "ml.c5.xlarge", "ml.g4dn.*", "ml.g5.xlarge", "ml.p3.2xlarge", "ml.p4d.24xlarge")  # fmt: skip
_KEYS = _some(_KEY.format(1), _KEY.format(2), _KEY.format(3))
_SUBNETS = st.fixed_dictionaries(
    {"subnets": _some("subnet-0a", "subnet-0b", "subnet-0c")},
    optional={"security_groups": _some("sg-0a", "sg-0b")},
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{name: st.just(value_of(name)) for name in NAMES},
    "approved-images": _some(_OF_SAGEMAKER.format("image/team-*"), _OF_SAGEMAKER.format("image/base")),
    "approved-models": _some(_OF_SAGEMAKER.format("model/approved-*"), _OF_SAGEMAKER.format("model/churn")),
    "cluster-instance-types": _some("ml.c5.xlarge", "ml.g5.*"),
    "cluster-vpc": _SUBNETS,
    "domain-kms-key": _KEYS,
    "domain-sharing-key": _KEYS,
    "feature-group-keys": _KEYS,
    "file-systems": st.fixed_dictionaries(
        {"file_systems": _some("fs-0a1b2c3d", "fs-0a1b2c3e")}, optional={"modes": _some("ro", "rw"), "directories": _some("/data/*", "/x")}
    ),
    "instance-types": _JOB_TYPES,
    "keep-alive": st.sampled_from(["5m", "30m", "3600"]),
    "lifecycle-configs": _some(_OF_SAGEMAKER.format("studio-lifecycle-config/approved-*")),
    "max-runtime": st.sampled_from(["90m", "12h", "86399", "24h", "168h"]),
    "model-approval": st.one_of(
        st.just(True),
        st.fixed_dictionaries(
            {"statuses": _some("PendingManualApproval", "Rejected", "Approved")}, optional={"stages": _some("Development", "Test")}
        ),
    ),
    "notebook-instance-types": _some("ml.t3.medium", "ml.m5.*", "ml.g4dn.*"),
    "notebook-lifecycle-configs": _some(_OF_SAGEMAKER.format("notebook-instance-lifecycle-config/approved-*")),
    "notebook-vpc": _SUBNETS,
    "output-kms-key": _KEYS,
    "search-visibility": st.fixed_dictionaries({"tag": st.sampled_from(["Project", "Team"]), "values": _some("churn", "fraud")}),
    "serverless-limits": st.fixed_dictionaries({"concurrency": st.sampled_from([1, 20]), "memory": st.sampled_from([1024, 3072])}),
    "studio-instance-types": _some("ml.t3.large", "ml.m5.*", "ml.g4dn.xlarge"),
    "studio-vpc": _SUBNETS,
    "volume-kms-key": _KEYS,
    "vpc": _SUBNETS,
}  # fmt: skip
"""Each guardrail's values, as a role file may give them: those of its cases where nothing here draws more."""


@st.composite
def guardrails(draw: st.DrawFn, least: int = 0) -> dict[str, Any]:
    """Draw guardrails with values, by name; half of the time many of them."""
    most = draw(st.sampled_from([4, len(VALUES)]))
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=least, max_size=most, unique=True))
    return {name: draw(VALUES[name]) for name in names}


def _needs_nothing(group: str) -> bool:
    declared = CATALOG.activity_group(group).value.parameters
    return all(one.default is not None for one in declared.values())


ADDABLE = sorted(filter(_needs_nothing, CATALOG.found("activity_groups")))


@st.composite
def roles(draw: st.DrawFn, least: int = 0) -> dict[str, Any]:
    """
    Draw the keys of a role file: a persona, changes of its groups, and guardrails.

    The separation of personas is let go: it is not what is asked here.
    """
    persona = draw(st.sampled_from(PERSONAS))
    own = sorted(resolve_persona(CATALOG, persona).groups)
    removed = draw(st.lists(st.sampled_from(own), max_size=min(3, len(own) - 1), unique=True))
    added = draw(st.lists(st.sampled_from([one for one in ADDABLE if one not in own]), max_size=3, unique=True))
    return {
        "persona": persona,
        "remove": removed,
        "add": added,
        "break_separation": "a random role",
        "guardrail": draw(guardrails(least)),
        "no_default_guardrails": draw(st.booleans()),
        "kms_key_names": draw(st.sampled_from(["both", "arn", "legacy"])),
    }


def bare(role: dict[str, Any]) -> dict[str, Any]:
    """Return the keys of *role* without any guardrail."""
    return {**role, "guardrail": {}, "no_default_guardrails": True}


def limits_of(role: ComposedRole) -> Limits:
    """Return the guardrails of *role* and their values, also those of the persona's default profile."""
    return {one.name: one.values for one in role.guardrails}

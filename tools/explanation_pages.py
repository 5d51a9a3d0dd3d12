"""Explanations that are recomputed: Role Manager's activities and stand-ins, and the evidence behind AWS's facts."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr import api
from rolemgr.audit.measure.measure import AccessMeasure, measure, reference_measure
from rolemgr.check.rules import all_rules
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.role import NamedPolicy
from rolemgr.reference.managed_policies import managed_policy
from rolemgr.report.compare import HEADS, figures

TOP = Path(__file__).resolve().parents[1]
STAND_INS = TOP / "examples/role-manager/aws-stand-ins.yaml"
BESIDE = {
    "SageMakerComputeRole": "sagemaker-compute",
    "DataScientistRole": "data-scientist",
    "MLOpsRole": "mlops-engineer",
}
"""The persona of ours that does the work of each stand-in."""


def _table(head: list[str], rows: Iterator[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def role_manager_activities() -> str:
    """Return each activity of Role Manager with the groups that have it, what they leave out, and what differs."""
    table = json.loads((files("rolemgr.reference.data") / "role_manager_activities.json").read_text("utf-8"))
    return "\n".join(_activity(name, one) for name, one in table["activities"].items())


def _activity(name: str, one: Mapping[str, Any]) -> str:
    groups = ", ".join(f"[{group}](catalog.md#{group})" for group in one["groups"]) or "none of them"
    reasons: dict[str, list[str]] = {}
    for action, why in one["left_out"].items():
        reasons.setdefault(why, []).append(f"`{action}`")
    lines = [f"Left out: {', '.join(actions)}: {why}." for why, actions in reasons.items()]
    lines += [f"In AWS's own: {remark}" for remark in one.get("remarks") or ()]
    listed = "".join(f"- {line.rstrip('.')}.\n" for line in lines)
    head = f"### {name}\n\n{len(one['actions'])} actions and patterns of actions with AWS. Groups: {groups}.\n"
    return f"{head}\n{listed}" if listed else head


class StandIn(NamedTuple):
    """A role of AWS's page: its *name*, and its resource as the template has it."""

    name: str
    resource: Mapping[str, Any]

    def findings(self) -> Counter[str]:
        """Return how often each rule finds something in the role."""
        return Counter(one.rule for one in api.check({"Resources": {self.name: self.resource}}).findings)

    def measured(self) -> AccessMeasure:
        """Return what its policies come to, AWS's own among them."""
        properties = self.resource["Properties"]
        named = [arn.rpartition("/")[2] for arn in properties["ManagedPolicyArns"]]
        known = [(name, managed_policy(name, "aws")) for name in named]
        if missing := [name for name, policy in known if policy is None]:
            raise KeyError(missing[0])
        policies = [NamedPolicy(name, policy.document) for name, policy in known if policy]
        own = properties.get("Policies", [])
        policies += [
            NamedPolicy(one["PolicyName"], IdentityPolicy.model_validate(one["PolicyDocument"])) for one in own
        ]
        return measure(self.name, policies)


@cache
def stand_ins() -> tuple[StandIn, ...]:
    """Return the roles that AWS proposes in the place of Role Manager's personas."""
    return tuple(StandIn(name, resource) for name, resource in read_yaml(STAND_INS).data["Resources"].items())


def stand_in_findings() -> str:
    """Return what `check` finds in each of AWS's stand-ins, and in the persona of ours beside it."""
    found = {one.name: one.findings() for one in stand_ins()}
    ours = {name: Counter(one.rule for one in _checked(persona)) for name, persona in BESIDE.items()}
    rules = sorted({rule for counts in (*found.values(), *ours.values()) for rule in counts})
    rows = (
        [
            f"[{rule}](rules.md#{rule.lower()}-{all_rules()[rule].name}) {all_rules()[rule].title}",
            all_rules()[rule].severity,
        ]
        + [str(counts[rule] or "-") for counts in found.values()]
        for rule in rules
    )
    total = ["all", "", *(str(counts.total()) for counts in found.values())]
    beside = ["the persona of ours", "", *(f"`{BESIDE[name]}`: {ours[name].total()}" for name in found)]
    return _table(["finding", "severity", *found], iter([*rows, total, beside]))


def _checked(persona: str) -> tuple[Any, ...]:
    return api.check(api.compose({"persona": persona})).findings


def stand_in_figures() -> str:
    """Return the figures of `compare` for each stand-in, and for the persona of ours beside it."""
    reference = reference_measure()
    measures: list[AccessMeasure] = []
    for one in stand_ins():
        measures += [one.measured(), _persona(BESIDE[one.name])]
    return _table(["role", *HEADS], ([f"`{one.name}`", *figures(one, reference)] for one in measures))


def _persona(name: str) -> AccessMeasure:
    made = api.render(api.compose({"persona": name}))
    return measure(name, [NamedPolicy(one.name, one.document) for one in (*made.policies, *made.managed_policies)])


KINDS = {
    "documented": "a page of AWS's documentation says it",
    "model": "AWS's machine-readable description of the API says it (botocore's models)",
    "code": "code or data that AWS publishes does it (its SDKs, its policies, what its own tools were told)",
    "observed": "others saw AWS do it and reported it; AWS does not say it",
}
"""Who says a fact, by the form of its source."""


class Fact(NamedTuple):
    """An entry of the quirks: its *topic*, what it is about, and its *source*."""

    topic: str
    about: str
    source: str

    @property
    def kind(self) -> str:
        """Who says it, by the source's own words."""
        if re.match(r"https://(docs|repost)\.aws(\.amazon\.com)?/", self.source):
            return "documented"
        if re.match(r"(PyPI )?botocore ", self.source):
            return "model"
        return "observed" if "/issues/" in self.source or "/pull/" in self.source else "code"


def facts() -> Iterator[Fact]:
    """Yield each fact in the quirks that has a source of its own."""
    for path in sorted((Path(api.__file__).parents[1] / "reference/quirks").glob("*.json")):
        yield from _facts(path.stem, json.loads(path.read_text("utf-8")), ())


def _facts(topic: str, data: Any, place: tuple[str, ...]) -> Iterator[Fact]:
    if isinstance(data, list):
        for one in data:
            yield from _facts(topic, one, place)
    if not isinstance(data, dict):
        return
    if isinstance(source := data.get("source"), str):
        for one in re.split(r"[,;] (?=https?:|botocore )", source):
            yield Fact(topic, _about(data, place), one.strip())
    for key, value in data.items():
        yield from _facts(topic, value, (*place, key))


_NAMES = ("action", "actions", "type", "types", "key", "keys", "name", "pattern", "resource", "calls")


def _about(data: Mapping[str, Any], place: tuple[str, ...]) -> str:
    """Return what an entry is about: where it stands, and what it names."""
    named = next((data[name] for name in _NAMES if data.get(name)), ())
    texts = [named] if isinstance(named, str) else [one for one in named if isinstance(one, str)]
    shown = ", ".join(texts[:4]) + (f" and {len(texts) - 4} more" if len(texts) > 4 else "")
    return ": ".join(filter(None, (" ".join(place[-2:]).replace("_", " "), shown)))


def evidence_counts() -> str:
    """Return by topic how many facts stand on which kind of evidence."""
    found = list(facts())
    counts = {
        topic: Counter(one.kind for one in found if one.topic == topic)
        for topic in dict.fromkeys(f.topic for f in found)
    }
    rows = [
        [f"[{_title(topic)}](#{topic.replace('_', '-')})", *(str(one[kind] or "-") for kind in KINDS)]
        for topic, one in counts.items()
    ]
    total = Counter(one.kind for one in found)
    return _table(["about", *KINDS], iter([*rows, ["all", *(str(total[kind]) for kind in KINDS)]]))


def _title(topic: str) -> str:
    return topic.replace("_", " ")


def evidence() -> str:
    """Return the facts of each topic by their source."""
    by_topic: dict[str, dict[str, list[Fact]]] = {}
    for one in facts():
        by_topic.setdefault(one.topic, {}).setdefault(one.source, []).append(one)
    return "\n".join(
        f"### {topic.replace('_', '-')}\n\n{_table(['fact', 'evidence', 'source'], _rows(sources))}"
        for topic, sources in by_topic.items()
    )


def _rows(sources: Mapping[str, list[Fact]]) -> Iterator[list[str]]:
    for source, found in sources.items():
        about = list(dict.fromkeys(one.about for one in found))
        text = "; ".join(about[:6]) + (f"; and {len(about) - 6} more" if len(about) > 6 else "")
        yield [text.replace("|", "/").replace("*", r"\*"), found[0].kind, _linked(source)]


def _linked(source: str) -> str:
    address = re.match(r"https?://\S+[^\s,;]", source)
    if address is None:
        return source.replace("|", "/")
    name = address[0].rstrip("/").rpartition("/")[2].replace(".html", "")
    return f"[{name}]({address[0]}){source[address.end() :]}"


def decisions() -> str:
    """Return what AWS does not say, what rolemgr takes it to be, and why that errs on the safe side."""
    table = json.loads(Path(__file__).with_name("decisions.json").read_text("utf-8"))
    head = ["AWS does not say", "so rolemgr", "if it is otherwise", "held by"]
    return _table(head, ([one["open"], one["decided"], one["otherwise"], f"`{one['held']}`"] for one in table))


def cannot_separate() -> str:
    """Return what IAM can't separate: the ways that the catalog's groups declare."""
    catalog = api.load_catalog()
    found = ((name, catalog.activity_group(name).value) for name in catalog.found("activity_groups"))
    rows = (
        [f"[{name}](catalog.md#{name})", f"`{way.action}`", way.how] for name, group in found for way in group.indirect
    )
    return _table(["who has", "reaches", "because"], rows)


def cannot_limit() -> str:
    """Return the limits that are often asked for and that no condition key can say."""
    table = json.loads((files("rolemgr.reference.quirks") / "no_guardrails.json").read_text("utf-8"))
    rows = ([name, one["reason"], one["instead"], _linked(one["source"])] for name, one in table.items())
    return _table(["limit", "why it can't be said", "instead", "source"], rows)


def cannot_judge() -> str:
    """Return how many actions each guardrail does not judge, with those that it names."""
    catalog = api.load_catalog()
    found = ((name, catalog.guardrail(name).value) for name in catalog.found("guardrails"))
    rows = (
        [
            f"[{name}](guardrails.md#{name})",
            str(len(one.bypassed_by)),
            ", ".join(sorted({way.why for way in one.bypassed_by})[:2]),
        ]
        for name, one in found
        if one.bypassed_by
    )
    return _table(["guardrail", "actions that it can't judge", "such as"], rows)

"""Whatever is chosen: every form says the same, and its texts are nobody's code."""

import json
import re
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.export.support import ACCOUNT, CATALOG, NASTY, direct, exported, filled, meaning, parsed, resolved
from tests.nightly import examples
from tests.support import KEY

REGIONS = ("eu-west-1", "us-gov-east-1", "ap-southeast-7")
TEXTS = st.one_of(
    st.just(NASTY),
    st.text(st.sampled_from("$%{}\"'`\\!#&*@\n\t -:|>é\xa1aws"), max_size=60),
    st.from_regex(r"[$%]{1,4}\{[$%!]?(aws:|AWS::)?[A-Za-z]{0,9}\}?", fullmatch=True),
)
"""Descriptions, which may hold most of what shells, templates and YAML give a meaning to."""

TAGS = st.dictionaries(
    st.text("abC .:/=+@-_", min_size=1, max_size=9).map("k".__add__), st.text("abC .:/=+@-_", max_size=20),
    max_size=3,
).filter(lambda tags: len({key.lower() for key in tags}) == len(tags))  # fmt: skip
BY_TAG = "acme-${aws:PrincipalTag/zteam}-x"
BUCKETS = st.lists(
    st.sampled_from(["acme", "us-east-1-111122223333", "aws-eu-west-1", BY_TAG]), max_size=3, unique=True
)


def with_its_tag(choices: dict[str, Any]) -> dict[str, Any]:
    """Return *choices* with the tag that a bucket in them asks for."""
    asks = BY_TAG in choices.get("bucket", ())
    return {**choices, "tag": {**choices.get("tag", {}), "zteam": "churn"}} if asks else choices


CHOICES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"persona": st.sampled_from(sorted(CATALOG.found("personas")))},
    optional={
        "description": TEXTS,
        "tag": TAGS,
        "bucket": BUCKETS,
        "name": st.text("aZ09_+=,.@-", min_size=1, max_size=20),
        "path": st.sampled_from(["/", "/ml/", "/a=b,c.d@e+f/_-/"]),
        "max_session": st.integers(3600, 43200),
        "subnet": st.just(["subnet-0a"]),
        "volume_key": st.just([KEY]),
        "trust": st.sampled_from([["account:246813579024"], ["github:acme/ml?ref=main", "sagemaker"]]),
        "account": st.just(ACCOUNT),
        "inline": st.sampled_from(["yes", "no"]),
    },
).map(with_its_tag)


def in_json(text: str) -> dict[str, Any]:
    """Return the documents that a script writes, by name, for the account."""
    found = re.findall(r"^document (\S+) << 'JSON'\n(.*?)\nJSON$", text, re.MULTILINE | re.DOTALL)
    return {name: json.loads(document.replace("<ACCOUNT>", ACCOUNT)) for name, document in found}


@settings(max_examples=examples(5, 15), deadline=None)
@given(choices=CHOICES, region=st.sampled_from(REGIONS))
def test_every_form_says_the_same(choices: dict[str, Any], region: str) -> None:
    """CloudFormation, Terraform, the script and YAML carry the role that is rendered for the place."""
    if "volume_key" in choices:
        region = "us-east-1"
    wanted = meaning(direct(**{**choices, "account": ACCOUNT, "region": region}))
    assert meaning(resolved(parsed(exported("cloudformation", **choices).text), ACCOUNT, region)) == wanted
    assert meaning(filled(json.loads(exported("terraform", **choices).text), region)) == wanted
    written = in_json(exported("aws-cli", **{**choices, "region": region}).text)
    policies = [{"PolicyDocument": written.pop(name)} for name in sorted(written) if name.startswith("policy-")]
    script = {**written["role"], "AssumeRolePolicyDocument": written["trust"],
              "Policies": [{"PolicyDocument": written[name]} for name in ("inline",) if name in written],
              "ManagedPolicies": policies}  # fmt: skip
    assert meaning(script) == wanted


@settings(max_examples=examples(5, 15), deadline=None)
@given(choices=CHOICES)
def test_same_choices_same_bytes(choices: dict[str, Any]) -> None:
    """Made twice, each form is the same to the byte, and the template within a stack set is the template."""
    free = {name: value for name, value in choices.items() if name != "account"}
    for form in ("cloudformation", "terraform", "aws-cli", "sagemaker-config"):
        assert exported(form, **choices).text == exported(form, **choices).text
    body = parsed(exported("stackset", **free).text)["Resources"]["StackSet"]["Properties"]["TemplateBody"]
    assert body == exported("cloudformation", **free).text
    assert yaml.safe_load(exported("sagemaker-config", **choices).text)["SchemaVersion"] == "1.0"

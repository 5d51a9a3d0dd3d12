"""`check --fix`: what it mends, what it leaves alone, and that the evaluator proves the same before it writes."""

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import write

from rolemgr.check.document import Document
from rolemgr.check.fix import Fixed, NotFixed, canonical, fixed, spelt_operator
from rolemgr.check.sources import look_into
from rolemgr.files.json import parse_json
from rolemgr.files.spans import json_spans, yaml_spans
from rolemgr.files.yaml import parse_yaml
from rolemgr.iam.operators import CONDITION_OPERATORS

if TYPE_CHECKING:
    from tests.conftest import Run

POLICY = """{"Version": "2012-10-17",   "Statement": [
  {"Sid": "A", "Effect": "Allow",
   "Action": ["sagemaker:StopTrainingJob",   "sagemaker:CreateTrainingJob", "sagemaker:StopTrainingJob"],
   "Resource": ["arn:aws:sagemaker:eu-west-1:111122223333:training-job/b*", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/a*"],
   "Condition": {"forallvalues:stringequalsIFEXISTS": {"aws:TagKeys": ["b", "a", "b"]}}},
  {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
  {"Resource": "*", "Action": ["s3:*"], "Effect": "Deny"},
  {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
]}
"""
MENDED = """{"Version": "2012-10-17",   "Statement": [
  {"Sid": "A", "Effect": "Allow",
   "Action": ["sagemaker:CreateTrainingJob",   "sagemaker:StopTrainingJob"],
   "Resource": ["arn:aws:sagemaker:eu-west-1:111122223333:training-job/b*", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/a*"],
   "Condition": {"ForAllValues:StringEqualsIfExists": {"aws:TagKeys": ["b", "a"]}}},
  {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
  {"Resource": "*", "Action": ["s3:*"], "Effect": "Deny"}
]}
"""
YAML = """# what they may do
Statement:
  - Effect: Allow            # on purpose
    Action: [s3:PutObject, s3:GetObject]
    Resource:
      - arn:aws:s3:::acme-churn/*   # the data
      - arn:aws:s3:::acme-churn/x
    Condition:
      'stringLIKE':  {aws:PrincipalTag/x: [a, a]}   # as agreed
Version: "2012-10-17"
"""


def documents(text: str, *, as_json: bool = True) -> list[Document]:
    """Return the policies in *text*."""
    return look_into(text, "p.json" if as_json else "p.yaml", as_json=as_json)[0]


def test_case_twins_and_order_are_mended_and_nothing_else() -> None:
    """White space, resources' order, and a twin that is written another way stay."""
    made = fixed(POLICY, documents(POLICY), as_json=True)
    assert isinstance(made, Fixed)
    assert made.text == MENDED
    assert made.done == (
        "1 operator spelt as IAM has it", "1 statement that was there twice removed",
        "2 values that were named twice removed", "1 list of actions sorted",
    )  # fmt: skip
    assert fixed(MENDED, documents(MENDED), as_json=True) is None


def test_yaml_keeps_its_comments() -> None:
    """A key is renamed in its quotes; a list with comments is not touched, and then nothing of the file is."""
    made = fixed(YAML, documents(YAML, as_json=False), as_json=False)
    assert isinstance(made, Fixed)
    assert made.text == YAML.replace("stringLIKE", "StringLike").replace("[a, a]", "[a]").replace(
        "[s3:PutObject, s3:GetObject]", "[s3:GetObject, s3:PutObject]"
    )
    twice = YAML.replace("acme-churn/x", "acme-churn/*")
    assert isinstance(fixed(twice, documents(twice, as_json=False), as_json=False), NotFixed)
    last = "Statement:\n- Effect: Allow\n  Resource: '*'\n  Action:\n  - s3:PutObject\n  - s3:GetObject"
    for end, reached in (("", True), ("\n# of the file", True), ("  # why it reads", False), ("  # why\n", False)):
        made = fixed(last + end, documents(last + end, as_json=False), as_json=False)
        assert isinstance(made, Fixed if reached else NotFixed), end


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (POLICY.replace('"Sid": "A", ', '"Sid": "A", "Efect": 1, '), "IAM would refuse it"),
        (POLICY.replace('"forallvalues', '"\\u0066orallvalues'), "an operator is written with escapes"),
        (json.dumps({"PolicyVersion": {"Document": POLICY}}), None),
    ],
)
def test_what_nobody_can_prove_or_reach_is_not_written(text: str, why: str | None) -> None:
    """A policy that IAM would refuse decides nothing; one inside a string has no text of its own."""
    made = fixed(text, documents(text), as_json=True)
    assert isinstance(made, NotFixed) or (why is None and made is None)
    if isinstance(made, NotFixed) and why:
        assert why in made.reason


def test_a_comparison_that_cannot_tell_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof is asked: with one that shows a difference nothing is written."""
    from rolemgr.check import fix

    class Shows:
        differences, unknowns = (), ("x",)

    monkeypatch.setattr(fix, "compare", lambda _new, _old: Shows())
    made = fixed(POLICY, documents(POLICY), as_json=True)
    assert made == NotFixed("it can't be proven that it would decide the same")


def test_a_slip_in_the_text_is_seen_before_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new text is read again: a value lost, or one changed elsewhere, is told."""
    from rolemgr.check import fix

    for new in (MENDED.replace('"s3:*"', '"s3:Get*"', 1), MENDED.replace("2012", "2008"), MENDED[:-3]):
        monkeypatch.setattr(fix, "_applied", lambda *_, new=new: new)
        assert isinstance(fixed(POLICY, documents(POLICY), as_json=True), NotFixed)


@pytest.mark.parametrize("operator", CONDITION_OPERATORS)
def test_every_operator_is_spelt_right_from_any_case(operator: str) -> None:
    """With qualifier and IfExists, but for Null, which takes neither; a wrong name is left to the rule."""
    assert spelt_operator(operator) is None
    assert spelt_operator(operator.upper()) == operator
    whole = f"forAnyvalue:{operator.lower()}ifExists"
    assert spelt_operator(whole) == (None if operator == "Null" else f"ForAnyValue:{operator}IfExists")
    assert spelt_operator(f"{operator}s") is None


@pytest.mark.parametrize("seed", range(40))
def test_spans_are_those_of_the_values(seed: int) -> None:
    """Of random data in JSON and in YAML's flow and block styles, each span reads as its value again."""
    import yaml

    chosen = random.Random(seed)  # noqa: S311

    def value(depth: int) -> Any:
        kind = chosen.randrange(5 if depth else 3)
        if kind == 3:
            return [value(depth - 1) for _ in range(chosen.randrange(4))]
        if kind == 4:
            return {f"k{at} {chosen.choice('ä:#')}": value(depth - 1) for at in range(chosen.randrange(4))}
        return chosen.choice(["a", "x: y", 'q"uo\\te', "é\n", 12, True, None, ""])

    data = {"top": value(4)}
    text = json.dumps(data, indent=chosen.choice([None, 2]), ensure_ascii=chosen.random() < 0.5)
    for path, span in (spans := json_spans(text)).values.items():
        assert parse_json(spans.of(span), "x").data == _at(data, path)
    written = yaml.safe_dump(data, allow_unicode=True, default_flow_style=chosen.random() < 0.5)
    read = parse_yaml(written, "x").data
    for path, span in (spans := yaml_spans(written)).values.items():
        if not isinstance(found := _at(read, path), dict | list):
            assert parse_yaml(f"[{spans.of(span)}]" if spans.of(span) else "[null]", "x").data == [found]


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


def test_random_policies_decide_the_same_and_are_then_left_alone() -> None:
    """Shuffled and doubled lists in random layouts: mended once, said the same, and nothing is left to mend."""
    chosen = random.Random(7)  # noqa: S311
    actions = [
        "s3:GetObject",
        "s3:PutObject",
        "sagemaker:StopTrainingJob",
        "sagemaker:CreateTrainingJob",
        "kms:Decrypt",
    ]
    for _ in range(5):
        statement = {
            "Effect": chosen.choice(["Allow", "Deny"]),
            chosen.choice(["Action", "NotAction"]): chosen.choices(actions, k=chosen.randrange(1, 5)),
            "Resource": chosen.choices(["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"], k=3),
            "Condition": {chosen.choice(["stringlike", "StringLike"]): {"aws:PrincipalTag/x": ["b", "a"]}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement] * chosen.randrange(1, 3)}
        text = json.dumps(policy, indent=chosen.choice([None, 1, 4]))
        made = fixed(text, documents(text), as_json=True)
        assert isinstance(made, Fixed)
        again = json.loads(made.text)
        assert canonical(json.loads(text.replace("stringlike", "StringLike"))) == canonical(again)
        assert fixed(made.text, documents(made.text), as_json=True) is None


def test_the_command_writes_what_is_proven_and_says_what_it_did(run: "Run") -> None:
    """Files are mended, then checked; a link and what can't be proven stay, and are named."""
    write("org/a.json", POLICY)
    write("org/b.json", POLICY.replace('"Sid": "A", ', '"Sid": "A", "Efect": 1, '))
    write("elsewhere.json", POLICY)
    Path("org/c.json").symlink_to(Path("elsewhere.json").resolve())
    ran = run("check", "org", "--fix", "--exit-zero")
    assert Path("org/a.json").read_text() == MENDED
    assert "Efect" in Path("org/b.json").read_text()
    assert Path("elsewhere.json").read_text() == POLICY
    assert ran.notes[0].startswith("org/a.json: 1 operator spelt as IAM has it; ")
    assert ran.notes[1].startswith("org/b.json: not fixed: IAM would refuse it")
    assert ran.notes[2] == "org/c.json: not fixed: it is a link, or no file"
    assert not [line for line in ran.stdout.splitlines() if line.startswith("org/a.json") and "RM204" in line]


def test_line_ends_stay_and_a_byte_order_mark_is_left_alone(run: "Run") -> None:
    """Windows' line ends are part of the rest."""
    Path("a.json").write_bytes(POLICY.replace("\n", "\r\n").encode())
    Path("b.json").write_bytes(b"\xef\xbb\xbf" + POLICY.encode())
    before = Path("b.json").read_bytes()
    run("check", "a.json", "b.json", "--fix", "--exit-zero")
    assert Path("a.json").read_bytes() == MENDED.replace("\n", "\r\n").encode()
    assert Path("b.json").read_bytes() == before

"""The wizard without a terminal: where answers lead, and that the line and the file say what was answered."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.nightly import examples, some
from tests.support import KEY

from rolemgr.catalog.load import Catalog
from rolemgr.cli.create import create_command
from rolemgr.cli.files import read_input
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, RolemgrError
from rolemgr.files.source import SourceFile
from rolemgr.files.write import to_yaml
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.wizard.answers import Answers, answers_of, command_options, role_data, spec_of
from rolemgr.wizard.dialogue import Dialogue, answered, back, skipped
from rolemgr.wizard.questions import STEPS, SWITCHES
from rolemgr.workflow.choices import role_source

CATALOG = Catalog()


def begun(**choices: Any) -> Dialogue:
    """Return a dialogue at its first question, with *choices* answered."""
    return Dialogue(CATALOG, lambda spec: compose(CATALOG, spec), Answers(choices))


def through(dialogue: Dialogue, **by_label: str) -> Dialogue:
    """Return *dialogue* on its last page, questions answered by label and otherwise as they are."""
    asked = dict(by_label)
    while question := dialogue.question:
        dialogue = answered(dialogue, asked.pop(question.label.replace("-", "_"), ""))
    assert not asked, "never asked"
    return dialogue


def by_command_line(answers: Answers) -> dict[str, Any]:
    """Return the role's choices as `create` reads them from the printed options."""
    words = [word for option in command_options(answers) for word in option]
    flags = create_command.make_context("create", words).params
    flags = {key: value for key, value in flags.items() if key in {*RoleSpec.model_fields}}
    return parse_model(role_source(flags, {}, read_input), RoleSpec).value.model_dump()


def by_role_file(answers: Answers) -> dict[str, Any]:
    """Return the role's choices as they are read from the saved role file."""
    return parse_model(parse_yaml(to_yaml(role_data(answers)), "role.yaml"), RoleSpec).value.model_dump()


POOL = {
    "persona": ["data-scientist", "ml-engineer", "sagemaker-compute", "3", "nobody"],
    "account": ["", "123456789012", "1"],
    "region": ["", "eu-west-1", "cn-north-1", "eu"],
    "add": ["", "use-mlflow", "1 2", "use-notebook-instances", "deploy-endpoints", "use-mlflow, use-jumpstart", "-"],
    "remove": ["", "1", "tune-hyperparameters", "-"],
    "bucket": ["", "acme", "acme, other-1", "UPPER", "-"],
    "pass-role": ["", "self", "arn:aws:iam::123456789012:role/x"],
    "parameter": ["", "job_names", "1,2", "job_names data_keys models"],
    "job_names": ["a-*", "a,b", ""],
    "guardrail-profile": ["", "encrypted", "2", "isolated"],
    "guardrail": ["", "max-runtime", "root-access, max-runtime", "spot-only", "vpc"],
    "max-runtime": ["12h", "seconds:90m", "long", ""],
    "abac": ["", "Project", "-"],
    "abac-buckets": ["", "y", "n"],
    "tag": ["", "Project=churn", "Project=a b, Team=x=y", "Project"],
    "subnet": ["", "subnet-0a", "subnet-0a,subnet-0b", "x"],
    "data-key": ["", KEY, "-"],
    "volume-key": ["", KEY],
    "name": ["", "churn", "a b", "=q", "-x"],
    "description": ["", "it's \"quoted\", 100 % & more: yes", "- item", "#x", "é"],
    "trust": ["", "sagemaker?source=arn", "account:123456789012?mfa=yes&session-tags=Project,Team role:x",
              "github:acme/x?environment=prod%20a", "account:210987654321 sagemaker"],
    "max-session": ["", "8h", "5400", "-"],
    "path": ["", "/ml/", "ml"],
    "no-default-guardrails": ["", "y", "n"],
    "network-isolation": ["", "yes"],
}  # fmt: skip


@settings(max_examples=examples(3, 25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_answered_the_line_and_the_file_say_it(data: st.DataObject) -> None:
    """Random answers, wrong ones among them, and ways back: three forms of one role, and never a bug."""
    dialogue = begun()
    for _ in range(60):
        if (question := dialogue.question) is None:
            break
        text = data.draw(st.sampled_from([*POOL.get(question.label, ["", ""]), "<"]))
        try:
            dialogue = back(dialogue) if text == "<" else answered(dialogue, text)
        except RolemgrError:
            continue  # asked again
    if "persona" in dialogue.answers.choices:
        said = spec_of(dialogue.answers).value.model_dump()
        assert by_command_line(dialogue.answers) == said
        assert by_role_file(dialogue.answers) == said


def test_every_persona_goes_through_all_steps() -> None:
    """Enter alone leads every persona to the last page, with each step on the way."""
    for persona in some(CATALOG.found("personas"), 5):
        dialogue, steps = begun(), set()
        while question := dialogue.question:
            steps.add(question.step)
            dialogue = answered(dialogue, persona if question.label == "persona" else "")
        assert steps == set(range(1, len(STEPS) + 1))
        assert role_data(dialogue.answers) == {"persona": persona, "region": "us-east-1"}


def test_a_wrong_answer_changes_nothing() -> None:
    """The dialogue is a value: after an error the old one still stands where it stood."""
    dialogue = answered(begun(), "data-scientist")
    with pytest.raises(InputError, match="is not an AWS account id"):
        answered(dialogue, "12")
    assert dialogue.answers.choices == {"persona": "data-scientist"}
    assert dialogue.at == ("account",)


def test_what_is_missing_waits_for_the_question_that_gives_it() -> None:
    """A profile that needs keys is accepted in step 2; the key's own question then wants one."""
    dialogue = answered(begun(), "ml-engineer")
    while dialogue.at != ("guardrail_profile",):
        dialogue = answered(dialogue, "")
    dialogue = answered(dialogue, "encrypted")
    while dialogue.at != ("data_key",):
        dialogue = answered(dialogue, "")
    with pytest.raises(RolemgrError, match="give --data-key"):
        answered(dialogue, "")
    with pytest.raises(RolemgrError, match="give --data-key"):
        skipped(dialogue)
    assert answered(dialogue, KEY).at == ("volume_key",)


def test_what_waits_hides_nothing_else() -> None:
    """A tag key that waits for its tag does not keep a missing key from being asked for."""
    dialogue = begun(persona="ml-engineer", abac=("Project",), guardrail_profile=("encrypted",))
    while dialogue.at != ("data_key",):
        dialogue = answered(dialogue, "")
    with pytest.raises(RolemgrError, match="give --data-key"):
        answered(dialogue, "")


def test_buckets_are_asked_about_where_there_are_tag_keys() -> None:
    """Without a tag key there is nothing to hold them to; the answer is in the role file and the command line."""
    assert "abac-buckets" not in [one.label for one in begun(persona="ml-engineer").questions]
    dialogue = begun(persona="ml-engineer", abac=("Project",), tag={"Project": "churn"})
    while dialogue.at != ("abac_buckets",):
        dialogue = answered(dialogue, "")
    dialogue = answered(dialogue, "y")
    assert role_data(dialogue.answers)["abac_buckets"] is True
    assert by_command_line(dialogue.answers)["abac_buckets"] is True


def test_a_required_parameter_is_asked_for() -> None:
    """A group whose parameter has no default brings its question along, and it takes no empty answer."""
    dialogue = begun(persona="data-scientist", add=("use-notebook-instances",))
    while dialogue.at != ("parameter", "notebook_names"):
        dialogue = answered(dialogue, "")
    assert dialogue.question is not None
    assert dialogue.question.default(dialogue.answers) == "a value is needed"
    with pytest.raises(InputError, match="has no value"):
        answered(dialogue, "")


def test_skipping_stops_where_an_answer_is_wanted() -> None:
    """`>` goes on to the next step, but not past a question that needs a value."""
    dialogue = skipped(begun(persona="data-scientist", add=("use-notebook-instances",)))
    assert dialogue.at == ("add",)
    assert skipped(dialogue).at == ("parameter", "notebook_names")


def test_switches_are_guardrails_of_the_catalog() -> None:
    """Step 3's yes-or-no questions ask for guardrails without values."""
    assert all(not CATALOG.guardrail(name).value.parameters for name in SWITCHES)


def test_answers_from_a_settings_file_take_the_wizards_form(tmp_path: Path) -> None:
    """Mappings, numbers and single values of YAML become what a flag would say, and read back the same."""
    text = """\
persona: data-scientist
account: 123456789012
bucket: acme
max_session: 5400
guardrail: {max-runtime: 12h, network-isolation: true, vpc: {subnets: [subnet-0a], security_groups: sg-0a}}
parameter: {job_names: a}
trust: [{kind: role, value: "arn:aws:iam::123456789012:role/x", external_id: "a:b/c=d", mfa: true, session_tags: [A, B c]}]
"""
    source = parse_yaml(text, "rolemgr.yaml")
    spec = parse_model(source, RoleSpec).value
    from rolemgr.files.source import LayeredSource

    answers = answers_of(LayeredSource(source.name, source.data, source.lines, {}), {})
    assert spec_of(answers).value.model_dump() == spec.model_dump()
    assert by_command_line(answers) == spec.model_dump() == by_role_file(answers)
    assert parse_model(SourceFile("x", role_data(answers), {}), RoleSpec).value.model_dump() == spec.model_dump()


def test_an_answer_that_takes_its_own_question_away_is_refused() -> None:
    """A persona that can't pass itself: the group choice is broken, and it is said of the answer that broke it."""
    dialogue = begun(persona="sagemaker-compute", add=("deploy-endpoints",))
    while dialogue.at != ("pass_role",):
        dialogue = answered(dialogue, "")
    with pytest.raises(InputError, match="can't pass itself"):
        answered(dialogue, "self")

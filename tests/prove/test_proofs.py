"""The proofs: they hold for the built-in catalog, and what breaks one is a request that `simulate` confirms."""

import json
import shlex
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run
from tests.nightly import WHOLE, some
from tests.prove.mutants import CATALOG, entry, write
from tests.prove.mutants_packing import with_documents

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, MissingValueError, Problems
from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect
from rolemgr.prove.bucket_tags import FIXED as BUCKET_TAGS
from rolemgr.prove.bucket_tags import rule_actions
from rolemgr.prove.catalog import all_guardrails, limits_of, prove_role, subject_of, variants
from rolemgr.prove.domains import ABSENT
from rolemgr.prove.grants import no_dead_grant
from rolemgr.prove.guardrails import guardrails_kept
from rolemgr.prove.overlaps import declarations, overlaps_declared
from rolemgr.prove.promises import promise, promises
from rolemgr.prove.proof import Proof, RoleToProve, flags_of, together
from rolemgr.prove.search import inquiry
from rolemgr.prove.separate import separated, with_attached_documents
from rolemgr.prove.tags import TagPromise, What, tags_kept
from rolemgr.reference import quirks
from rolemgr.reference.services import find_action

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NAMES = (
    "separation", "overlap", "quotas", "guardrails", "guardrails let through", "no dead grant", "packing", "tag keys",
    "tag keys let through", "bucket tags",
)  # fmt: skip


def subject(catalog: Catalog = CATALOG, **choices: Any) -> RoleToProve:
    """Return the role of *choices*, ready to be proven."""
    return subject_of(catalog, choices)


def examples(proofs: tuple[Proof, ...]) -> list[str]:
    """Return what breaks *proofs*, in words."""
    return [example.problem for proof in proofs for example in proof.counter_examples]


@cache
def personas() -> tuple[RoleToProve, ...]:
    """Return the roles of all personas that need no value."""
    found = []
    for name in CATALOG.found("personas"):
        with suppress(MissingValueError, Problems):
            found.append(subject(persona=name))
    return tuple(found)


def test_every_persona_is_proven() -> None:
    """By itself, and what it shares with the others."""
    assert len(personas()) > 25
    assert examples((*map(separated, personas()), overlaps_declared(personas()))) == []
    assert [text for one in personas() for text in examples(limits_of(one))] == []


@pytest.mark.sampled(1)
@pytest.mark.parametrize("part", range(3))
def test_variants_of_the_catalog_are_proven(part: int) -> None:
    """Personas under profiles, guardrails and tags, and groups alone: a part of what `rolemgr prove` looks at."""
    named = {one.rendered.role.persona.id for one in personas()}
    drawn = some(list(variants(CATALOG, leaving_out=CATALOG.found("personas").keys() - named)), 4)[part::3]
    assert len(drawn) > 10
    made = []
    for choices in drawn:
        with suppress(InputError):  # all guardrails at once need not fit
            made.append(subject(**choices))
    assert len(made) > len(drawn) / 2
    assert [text for one in made for text in examples(limits_of(one))] == []


@pytest.mark.skipif(not WHOLE, reason="takes a minute: before a merge its parts are proven above, each night all of it")
def test_the_whole_catalog_is_proven(run: Run) -> None:
    """Every claim holds for every persona, profile, guardrail and group as they are shipped, with no role chosen."""
    ran = run("prove", "--format", "json")
    assert ran.code == 0, ran.stdout
    proofs = json.loads(ran.stdout)["proofs"]
    assert tuple(proof["name"] for proof in proofs) == NAMES
    assert all(proof["checked"] for proof in proofs)
    checked = {proof["name"]: proof["checked"] for proof in proofs}
    assert checked[BUCKET_TAGS] >= len(rule_actions()) * len(CATALOG.found("personas"))


CHOICES: dict[str, dict[str, Any]] = {
    "the new key names": {"persona": "ml-engineer", "kms_key_names": "arn", "guardrail_profile": ["encrypted"], "volume_key": [KEY], "data_key": [KEY]},
    "the old key names": {"persona": "ml-engineer", "kms_key_names": "legacy", "guardrail_profile": ["encrypted"], "volume_key": [KEY], "data_key": [KEY]},
    "strict": {"persona": "mlops-engineer", "strict": True},
    "by tag": {"persona": "mlops-engineer", "abac": ["Project"], "tag": {"Project": "churn"}},
    "in China": {"persona": "data-scientist", "region": "cn-north-1"},
    "passing itself": {"persona": "data-scientist", "pass_role": ["self"]},
    "alarms of any name": {"persona": "mlops-engineer", "parameter": {"alarm_names": ["*"]}},
    "a cap of a week": {"persona": "ml-engineer", "guardrail": {"max-runtime": ["168h"]}},
}  # fmt: skip


@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_other_roles_are_proven(choices: dict[str, Any]) -> None:
    """The proofs hold for roles that differ from those of the catalog."""
    assert examples(prove_role(subject(**choices))) == []


def test_prove_shows_a_line_for_each_proof(run: Run) -> None:
    """The command says what it proved, with counts, and ends well."""
    ran = run("prove", "--persona", "sagemaker-feature-store")
    assert ran.code == 0
    assert ran.stdout.startswith("role sagemaker-feature-store: proven (")
    assert ran.stdout.count("  holds  ") == len(NAMES) - 4  # of one role without tag keys


def test_a_failing_proof_prints_a_request_that_simulate_allows(run: Run) -> None:
    """What breaks the separation is shown as a command line, and that command line answers Allowed."""
    ran = run("prove", "--persona", "data-scientist", "--add", "deploy-endpoints", "--format", "json")
    assert ran.code == 1
    found = {proof["name"]: proof for proof in json.loads(ran.stdout)["proofs"]}
    assert [name for name, proof in found.items() if not proof["holds"]] == ["separation", "overlap"]
    example = found["separation"]["counter_examples"][0]
    assert str(Catalog().activity_group("deploy-endpoints").at("statements", 0)) in example["places"]
    for broken in (*found["separation"]["counter_examples"], *found["overlap"]["counter_examples"]):
        program, *words = shlex.split(broken["simulate"])
        assert program == "rolemgr"
        assert run(*words, "--expect", "Allowed").code == 0, broken["problem"]


def test_a_broken_separation_through_another_role_shows_that_role(run: Run) -> None:
    """The request is asked of the role that can do it, not of the one that passes it."""
    ran = run("prove", "--persona", "data-scientist", "--pass-role", "arn:aws:iam::111122223333:role/sagemaker-pipeline",
              "--format", "json")  # fmt: skip
    assert ran.code == 1
    example = json.loads(ran.stdout)["proofs"][0]["counter_examples"][0]
    assert "sagemaker-pipeline" in example["role"]
    assert run(*shlex.split(example["simulate"])[1:], "--expect", "Allowed").code == 0


def test_without_a_role_the_flags_of_one_are_refused(run: Run) -> None:
    """The whole catalog has no bucket."""
    ran = run("prove", "--bucket", "acme")
    assert (ran.code, ran.errors) == (
        2, ["--bucket: goes with a role, and none is chosen; give --persona NAME or --role FILE"])  # fmt: skip


def test_a_persona_without_a_name_is_not_the_whole_catalog(run: Run) -> None:
    """An empty variable in a script is a mistake, and no green run over something else."""
    assert (run("prove", "--persona", "").code, run("prove", "--role", "").code) == (2, 2)


def test_a_persona_of_the_settings_is_proven(run: Run) -> None:
    """Where rolemgr.yaml chooses a role, it is that role and not the catalog."""
    Path("rolemgr.yaml").write_text("persona: sagemaker-feature-store\n")
    assert run("prove").stdout.startswith("role sagemaker-feature-store: proven (")


def test_what_breaks_several_roles_alike_is_shown_once() -> None:
    """Counts add up, and a problem stands for all roles that have it."""
    one, other = Proof("a", "claim", 2), Proof("a", "claim", 3)
    assert together([one, other]) == (Proof("a", "claim", 5),)


def test_flags_are_what_chooses_the_role() -> None:
    """Choices become the words of a command line: lists repeat, mappings pair, true has no value."""
    choices = {
        "persona": "p",
        "add": ["a", "b"],
        "guardrail": {"g": ["1", "2"], "h": []},
        "strict": True,
        "tag": {"k": "v"},
    }
    assert flags_of(choices) == (
        "--persona", "p", "--add", "a", "--add", "b", "--guardrail", "g=1,2", "--guardrail", "h", "--strict",
        "--tag", "k=v",
    )  # fmt: skip


# --- key assignments --------------------------------------------------------------------------------------------------


def test_a_key_is_absent_right_wrong_and_mixed() -> None:
    """A key with several values has every set of its classes; which values are alike the statements say."""
    role = subject(persona="data-scientist", guardrail={"instance-types": ["ml.m5.*", "ml.g5.xlarge"]})
    found = inquiry(role, "sagemaker:CreateTrainingJob").domain("sagemaker:instancetypes")
    assert found[0] == ABSENT
    right, wrong = found[1], found[2]
    assert found[3:] == ((*right, *wrong),)


def test_a_cap_is_asked_around_its_edge() -> None:
    """Of numbers those below, at and above the cap are asked, as far as they differ."""
    role = subject(persona="data-scientist", guardrail={"max-runtime": ["2h"]})
    found = inquiry(role, "sagemaker:CreateTrainingJob").domain("sagemaker:maxruntimeinseconds")
    assert set(found) == {ABSENT, ("7199",), ("7201",)}


def test_a_key_with_few_values_has_no_others() -> None:
    """Where AWS lists the values of a key, no request has another."""
    role = subject(
        persona="sagemaker-compute",
        add=["use-notebook-instances"],
        parameter={"notebook_names": ["x"], "notebook_roles": ["arn:aws:iam::111122223333:role/x"]},
        guardrail={"root-access": []},
        break_separation="test",
    )
    found = inquiry(role, "sagemaker:CreateNotebookInstance").domain("sagemaker:rootaccess")
    assert set(found) <= {ABSENT, ("Disabled",), ("Enabled",)}


# --- guardrails -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOG.found("guardrails"))
def test_every_guardrail_has_a_promise_on_the_keys_that_it_denies(name: str) -> None:
    """What is promised is written beside no Deny, and forgets no key of a Deny but those that are conditions for another."""
    assert name in promises(), f"say in src/rolemgr/prove/promises.json what {name} promises of its keys"
    denied = {key for deny in CATALOG.guardrail(name).value.deny for block in deny.conditions.values() for key in block}
    promised = {key for key, terms in promises()[name].items()} | {
        key + terms["or_spelt"] for key, terms in promises()[name].items() if "or_spelt" in terms
    }
    beside = {
        "sagemaker:InstanceTypes",
        "sagemaker:FeatureGroupEnableOnlineStore",
        "sagemaker:FeatureGroupOfflineStoreConfig",
    }
    assert promised <= denied
    assert denied - promised <= beside


def test_no_promise_is_left_over() -> None:
    """A promise without its guardrail would prove nothing."""
    assert promises().keys() <= CATALOG.found("guardrails").keys()


def test_a_key_that_must_be_there_is_promised() -> None:
    """Absence breaks a promise where the request must carry the key, and nowhere else."""
    role = subject(persona="ml-engineer", guardrail={"volume-kms-key": [KEY]}).rendered.role
    chosen = next(one for one in role.guardrails if one.name == "volume-kms-key")
    guardrail = CATALOG.guardrail("volume-kms-key").value
    job = promise(guardrail, chosen, "sagemaker:CreateTrainingJob", "both")
    assert job is not None
    nvme = quirks.local_nvme_types()[0].replace("*", "xlarge")
    assert not job.keeps({"sagemaker:instancetypes": ("ml.m5.large",)})
    assert not job.keeps({"sagemaker:instancetypes": ("ml.m5.large", nvme)})
    assert not job.keeps({})
    assert job.keeps({"sagemaker:instancetypes": (nvme,)})
    assert job.keeps({"sagemaker:volumekmskey": (KEY,)})
    assert not job.keeps({"sagemaker:volumekmskey": (KEY,), "sagemaker:volumekmskeyarn": (KEY + "0",)})


def test_a_guardrail_of_one_s_own_is_taken_at_its_word(tmp_path: Path) -> None:
    """Its Denies say which values are right; where a request must carry the key, its absence is found all the same."""
    data = {
        "title": "Own", "description": "Own.", "scope": ["jobs"],
        "parameters": {"seconds": {"type": "duration", "help": "h"}},
        "deny": [{"sid": "Own", "actions": ["sagemaker:CreateTrainingJob"],
                  "conditions": {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "{{ seconds }}"}}}],
    }  # fmt: skip
    write(tmp_path, "guardrails", "own", data)
    kept, let_through = guardrails_kept(
        subject(Catalog([tmp_path]), persona="data-scientist", guardrail={"own": ["1h"]}, no_default_guardrails=True)
    )
    assert let_through.holds
    assert {example.request.action for example in kept.counter_examples if example.request} == {
        "sagemaker:CreateHyperParameterTuningJob", "sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob",
    }  # fmt: skip


def _only_in(tmp_path: Path) -> Catalog:
    """Return a catalog with a guardrail that denies every action outside of Regions, also where no Region is sent."""
    data = {
        "title": "Own", "description": "Own.", "scope": ["jobs"],
        "parameters": {"regions": {"type": "string", "many": True, "help": "h"}},
        "deny": [{"sid": "Elsewhere", "actions": "all",
                  "conditions": {"StringNotEquals": {"aws:RequestedRegion": "{{ regions }}"}}}],
    }  # fmt: skip
    write(tmp_path, "guardrails", "own", data)
    return Catalog([tmp_path])


def test_requests_carry_what_aws_always_sends(tmp_path: Path) -> None:
    """Each has a Region, and one to IAM is made in us-east-1: there alone the Deny stops something for ever."""
    choices = {"persona": "data-scientist", "guardrail": {"own": ["eu-west-1"]}, "no_default_guardrails": True}
    role = subject(_only_in(tmp_path), region="eu-west-1", **choices)
    assert all(proof.holds for proof in guardrails_kept(role))
    dead = no_dead_grant(role)
    stopped = {example.request.action for example in dead.counter_examples if example.request}
    assert stopped == {"iam:GetRole", "iam:PassRole"}
    choices["guardrail"] = {"own": ["eu-west-1", "us-east-1"]}
    assert no_dead_grant(subject(_only_in(tmp_path), region="eu-west-1", **choices)).holds


def test_what_fails_for_one_reason_is_shown_once(run: Run, tmp_path: Path) -> None:
    """The page has one entry with all actions; JSON has each request."""
    data = {
        "title": "Own", "description": "Own.", "scope": ["jobs"],
        "deny": [{"sid": "Own", "actions": "supported",
                  "conditions": {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "3600"}}}],
    }  # fmt: skip
    write(tmp_path, "guardrails", "own", data)
    chosen = ("--persona", "data-scientist", "--guardrail", "own", "--no-default-guardrails")
    asked = ("prove", *chosen, "--catalog", str(tmp_path))
    found = {proof["name"]: proof for proof in json.loads(run(*asked, "--format", "json").stdout)["proofs"]}
    actions = {one["request"]["action"] for one in found["guardrails"]["counter_examples"]}
    assert len(actions) == 3
    page = run(*asked).stdout
    assert page.count("does not hold for") == 1
    assert all(action in page for action in actions)


def test_a_guardrail_is_proven_over_the_rendered_documents() -> None:
    """A Deny that is lost on the way to the document is found, whatever the role was composed of."""
    role = subject(persona="data-scientist")
    documents = [
        [one for one in document.statement if one.sid != "InstanceTypesMissing"] for document in role.documents
    ]
    kept, _ = guardrails_kept(with_documents(role, documents))
    assert [example.problem for example in kept.counter_examples]


def test_the_proofs_ask_the_evaluator_that_they_are_given() -> None:
    """With one that overlooks the context no promise can be kept."""

    def blind(request: Request, policies: Policies) -> Evaluation:
        return evaluate(Request(request.action, request.resource), policies)

    assert not all(proof.holds for proof in limits_of(replace(subject(persona="data-scientist"), decide=blind)))


# --- grants and overlaps ----------------------------------------------------------------------------------------------


def test_a_grant_that_a_deny_kills_is_named_with_both_lines(tmp_path: Path) -> None:
    """The Deny of one group takes away what another grants: both files and lines are said."""
    deny = {"title": "D", "description": "D.", "statements": [{
        "sid": "Killer", "effect": "Deny", "actions": ["sagemaker:StopTrainingJob"],
        "resources": ["arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:training-job/*"]}]}  # fmt: skip
    write(tmp_path, "activity_groups", "killer", deny)
    proof = no_dead_grant(subject(Catalog([tmp_path]), persona="data-scientist", add=["killer"]))
    (dead,) = proof.counter_examples
    assert "`Killer` denies every such request" in dead.problem
    assert [place.file.rpartition("/")[2] for place in dead.places] == ["run-training-jobs.yaml", "killer.yaml"]


def test_a_grant_on_a_part_that_a_deny_leaves_is_alive() -> None:
    """The work bucket is written although its models prefix is not."""
    role = subject(persona="data-scientist")
    assert any(one.effect is Effect.DENY and "s3:PutObject" in (one.action or ()) for one in role.statements)
    assert no_dead_grant(role).holds


def test_an_overlap_by_different_groups_must_be_declared(tmp_path: Path) -> None:
    """The same write by another group than the other persona's is found; by the same group it is declared."""
    group = entry("activity_groups", "run-training-jobs")
    write(tmp_path, "activity_groups", "train-in-secret", group)
    analyst = {"title": "T", "description": "T.", "activity_groups": ["train-in-secret"]}
    write(tmp_path, "personas", "trainer", analyst)
    catalog = Catalog([tmp_path])
    people = [subject(catalog, persona=name) for name in ("data-scientist", "trainer")]
    found = overlaps_declared(people)
    assert {example.request.action for example in found.counter_examples if example.request} == {
        "sagemaker:CreateTrainingJob", "sagemaker:StopTrainingJob",
    }  # fmt: skip
    write(tmp_path, "personas", "trainer", {**analyst, "activity_groups": ["run-training-jobs"]})
    catalog = Catalog([tmp_path])
    assert overlaps_declared([subject(catalog, persona=name) for name in ("data-scientist", "trainer")]).holds


def test_an_overlap_that_is_declared_for_a_group_is_that_of_no_other(tmp_path: Path) -> None:
    """CI may deploy what people deploy by hand; somebody else who may is found all the same."""
    group = entry("activity_groups", "create-models")
    write(tmp_path, "activity_groups", "make-models-too", group)
    maker = {"title": "M", "description": "M.", "activity_groups": ["make-models-too"]}
    write(tmp_path, "personas", "maker", maker)
    catalog = Catalog([tmp_path])

    def both(one: str, other: str) -> bool:
        proof = overlaps_declared([subject(catalog, persona=name) for name in (one, other)])
        return "sagemaker:CreateModel" not in {each.request.action for each in proof.counter_examples if each.request}

    assert both("cicd-deployer", "mlops-engineer")
    assert both("cicd-deployer", "maker")
    assert not both("maker", "mlops-engineer")


def test_who_gives_roles_to_profiles_takes_nobody_out_of_the_proof(tmp_path: Path) -> None:
    """A person's role that an administrator passes to a profile is a person's still."""
    write(tmp_path, "activity_groups", "train-in-secret", entry("activity_groups", "run-training-jobs"))
    write(tmp_path, "personas", "trainer", {"title": "T", "description": "T.", "activity_groups": ["train-in-secret"]})
    people = [subject(Catalog([tmp_path]), persona=name) for name in ("data-scientist", "platform-admin", "trainer")]
    found = {each.request.action for each in overlaps_declared(people).counter_examples if each.request}
    assert "sagemaker:CreateTrainingJob" in found


def test_declared_overlaps_are_actions_that_write() -> None:
    """A misspelt declaration would never be used."""
    for declared in declarations():
        assert declared["why"]
        assert declared.keys() <= {"actions", "on", "persona", "groups", "why"}
        assert declared.get("persona", "genai-developer") in CATALOG.found("personas")
        assert set(declared.get("groups", ())) <= CATALOG.found("activity_groups").keys()
        assert all((found := find_action(name)) and found.name == name for name in declared["actions"])


def test_the_catalog_s_roles_have_every_profile_and_guardrail() -> None:
    """Every persona is asked with each profile that is not its own, all guardrails, and by the tags of buckets."""
    found = list(variants(CATALOG))
    for persona in CATALOG.found("personas"):
        own = [one for one in found if one["persona"] == persona and "break_separation" not in one]
        assert len(own) >= len(CATALOG.found("profiles"))
        assert all_guardrails(CATALOG).keys() in [one.get("guardrail", {}).keys() for one in own]
        assert [one for one in own if one.get("abac_buckets")]


# --- attached policies

FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"


def test_what_an_attached_policy_breaks_fails_and_is_shown(run: Run) -> None:
    """A role is not proven that a managed policy gives what its persona must never do; simulate says so too."""
    ran = run("prove", "--persona", "data-scientist", "--managed-policy", FULL_ACCESS, "--format", "json")
    assert ran.code == 1
    found = {proof["name"]: proof for proof in json.loads(ran.stdout)["proofs"]}
    assert [name for name, proof in found.items() if not proof["holds"]] == ["attached policies"]
    (example,) = found["attached policies"]["counter_examples"]
    assert "AmazonSageMakerFullAccess allows what the persona must never be able to do" in example["problem"]
    assert run(*shlex.split(example["simulate"])[1:], "--expect", "Allowed").code == 0


def test_an_attached_policy_that_nobody_knows_is_not_proven(run: Run) -> None:
    """A policy of the account may allow anything."""
    ran = run("prove", "--persona", "sagemaker-compute", "--managed-policy", "arn:aws:iam::111122223333:policy/own")
    assert ran.code == 1
    assert "what managed policy arn:aws:iam::111122223333:policy/own allows is not known here" in ran.stdout


def test_guardrails_hold_against_attached_policies() -> None:
    """Whatever the attached policy allows, the Denies of the role judge it; without one of them that is found."""
    role = subject(persona="data-scientist", managed_policy=[FULL_ACCESS], break_separation="test")
    assert all(proof.holds for proof in guardrails_kept(with_attached_documents(role)))
    kept = [one for one in role.documents[0].statement if one.sid != "InstanceTypes"]
    assert len(kept) < len(role.documents[0].statement)
    weaker = with_documents(role, [kept, *(document.statement for document in role.documents[1:])])
    actions = {one.request.action for one in guardrails_kept(with_attached_documents(weaker))[0].counter_examples
               if one.request}  # fmt: skip
    assert "sagemaker:CreateEndpointConfig" in actions, "which the persona has from the attached policy alone"


# --- tag keys


def test_tag_keys_are_proven_beside_attached_policies() -> None:
    """The Denies that then come on top hold what the role grants, and stop nothing of the own."""
    tagged: dict[str, Any] = {"abac": ["Project"], "tag": {"Project": "churn"}, "no_default_guardrails": True}
    role = subject(persona="ml-engineer", managed_policy=[FULL_ACCESS], break_separation="test", **tagged)
    assert [proof.name for proof in tags_kept(role) if proof.holds] == ["tag keys", "tag keys let through"]
    assert tags_kept(subject(persona="ml-engineer")) == ()


def test_a_tag_that_is_not_asked_for_is_found_with_its_line() -> None:
    """One condition less, and the request that goes through has the other's tag."""
    role = subject(persona="data-scientist", abac=["Project"], tag={"Project": "churn"}, no_default_guardrails=True)
    bare = [
        [one.model_copy(update={"condition": {}}) if "sagemaker:StopTrainingJob" in (one.action or ()) else one
         for one in document.statement]
        for document in role.documents
    ]  # fmt: skip
    kept, let_through = tags_kept(with_documents(role, bare))
    assert let_through.holds
    found = next(
        one for one in kept.counter_examples if one.request and one.request.action == "sagemaker:StopTrainingJob"
    )
    assert (
        found.problem
        == "tag key Project does not hold for sagemaker:StopTrainingJob: that what is used has the caller's own value"
    )
    assert "activity_groups/run-training-jobs.yaml" in [place.file for place in found.places]


def test_what_is_tagged_by_its_version_is_asked_too() -> None:
    """A version of a model package, whose name goes on behind a slash, may have no other project's tag."""
    version = "arn:aws:sagemaker:us-east-1:111122223333:model-package/churn/1"
    assert TagPromise("sagemaker:DescribeModelPackage", "Project", What.CARRIED).about(version)
    assert not TagPromise("sagemaker:DescribeTrainingJob", "Project", What.EXISTING).about(version)


def test_a_service_role_of_another_name_shares_as_before() -> None:
    """What a role is called does not make it a person's."""
    subject = subject_of(CATALOG, {"persona": "sagemaker-feature-store", "name": "churn-store"}, evaluate)
    assert [proof.name for proof in prove_role(subject) if not proof.holds] == []


def test_roles_of_one_command_share_the_personas_beside_them() -> None:
    """Proven after another role, in its place or elsewhere, a role has the proofs that it has alone, steps and all."""
    chosen = [{"persona": name, "region": region} for name, region in (
        ("data-scientist", "eu-west-1"), ("bedrock-import", "eu-west-1"), ("data-scientist", "us-east-1"),
    )]  # fmt: skip
    together, spent = Catalog(), []
    for one in chosen:
        after, alone = subject(together, **one), subject(Catalog(), **one)
        assert prove_role(after) == prove_role(alone)
        spent.append((after.budget.spent, alone.budget.spent))
    assert all(one == other > 0 for one, other in spent)


def test_an_allow_of_everything_grants_all_actions() -> None:
    """A star without a service is every action of the reference."""
    whole = subject(persona="sagemaker-compute")
    allow = next(one for one in whole.documents[0].statement if one.effect is Effect.ALLOW)
    opened = with_documents(whole, [[allow.model_copy(update={"action": ("*",)})]])
    assert {"s3:GetObject", "sagemaker:CreateModel", "iam:PassRole"} <= set(opened.granted)


EXECUTION = "persona: mlops-engineer\nname: churn-exec\naccount: '222233334444'\nregion: eu-west-1\n"
SCIENTIST = (
    "persona: data-scientist\nname: churn-ds\naccount: '222233334444'\nregion: eu-west-1\n"
    "pass_role: arn:aws:iam::222233334444:role/churn-exec\n"
)


def test_a_passed_role_is_looked_up_among_those_that_are_proven_with_it(run: Run) -> None:
    """Its jobs deploy for who must never deploy; alone, what the passed role may do is not known, and that is told."""
    Path("roles").mkdir()
    Path("roles/ds.yaml").write_text(SCIENTIST)
    Path("roles/exec.yaml").write_text(EXECUTION)
    both = run("prove", "roles")
    assert both.code == 1
    assert "data-scientist: the persona must never be able to do `sagemaker:CreateEndpoint*`" in both.stdout
    alone = run("prove", "roles/ds.yaml")
    assert alone.code == 1
    assert "CAN'T TELL  separation" in alone.stdout
    reached = "churn-ds reaches arn:aws:iam::222233334444:role/churn-exec"
    assert f"{reached}, and what that may do is not known; give its role file too" in alone.stdout
    Path("roles/exec.yaml").write_text(EXECUTION.replace("mlops-engineer", "sagemaker-compute"))
    assert run("prove", "roles").code == 0
    Path("roles/exec.yaml").write_text(f"{EXECUTION}path: /ml/\n")
    elsewhere = run("prove", "roles")
    assert elsewhere.code == 1
    assert (
        f"{reached}, and what that may do is not known; did you mean arn:aws:iam::222233334444:role/ml/churn-exec"
        in (elsewhere.stdout)
    )

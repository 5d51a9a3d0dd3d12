"""Creating, meeting what is there, changing, and two runs at once, against a real server."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.account.faults import FAULTS, answer, sabotage
from tests.account.small import (
    BOUNDARY,
    CHANGED,
    EXTRA,
    NAME,
    OTHER_BOUNDARY,
    ROLE,
    bring,
    everything,
    execution,
    identity,
    plan,
    prepare,
    sabotaged,
    trust,
    wanted,
)
from tests.servers import ACCOUNT

from rolemgr.account.change import NOTHING, Change
from rolemgr.account.ownership import State, new_run
from rolemgr.account.plan import plan_role
from rolemgr.account.read import AccountPolicy, read_role
from rolemgr.account.wanted import ExistingResources
from rolemgr.errors import AwsError, Refused
from rolemgr.iam.documents import Effect
from rolemgr.model.role import NamedPolicy, RoleDocuments

ARN = f"arn:aws:iam::{ACCOUNT}:role/ml/{NAME}"
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/ml/{NAME}-1"


@pytest.fixture(autouse=True)
def neighbours(iam: Any) -> None:
    """Put into the account what the role names, and others."""
    prepare(iam)


def test_a_role_is_created_as_it_was_asked_for(iam: Any) -> None:
    """All of it, tagged as ours, and complete."""
    assert bring(iam).action == "create"
    role = read_role(iam, NAME)
    assert role is not None
    assert role.state is not None
    assert (role.arn, role.state.phase, role.boundary) == (ARN, "complete", BOUNDARY)
    assert role.tags["Project"] == "churn"
    assert role.policies == ROLE.policies
    assert role.trust_policy == ROLE.trust_policy
    assert [policy.arn for policy in role.attached] == [EXTRA, POLICY_ARN]
    assert role.attached[1].document == ROLE.managed_policies[0].document
    assert role.attached[1].belongs_to(NAME)


def test_the_same_again_is_already_there(iam: Any) -> None:
    """Nothing is written the second time."""
    bring(iam)
    before = everything(iam)
    with sabotage(iam, -1, lambda _: None) as calls:
        assert bring(iam).action == "unchanged"
    assert {call for call in calls if not call.startswith(("Get", "List"))} == set()
    assert everything(iam) == before


def test_a_foreign_role_is_never_changed(iam: Any) -> None:
    """Not even with --update and --prune."""
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(trust("ec2").to_json_value()))
    before = everything(iam)
    with pytest.raises(AwsError, match=f"^role arn:aws:iam::{ACCOUNT}:role/{NAME} exists, not made by rolemgr"):
        bring(iam, update=True, prune=True)
    assert everything(iam) == before


def test_a_foreign_policy_in_the_way_is_never_used(iam: Any) -> None:
    """The name that an overflow policy would take is somebody's."""
    nothing = json.dumps(identity(("Any", "Allow", "s3:*")).to_json_value())
    iam.create_policy(PolicyName=f"{NAME}-1", Path="/ml/", PolicyDocument=nothing)
    with pytest.raises(AwsError, match=f"^policy {POLICY_ARN} exists, not made by rolemgr"):
        bring(iam)


def test_a_name_that_is_taken_under_another_path_is_found_out(iam: Any) -> None:
    """Names are unique in an account whatever the path; moto keeps to that for roles as IAM does."""
    run = new_run()
    planned = plan(iam, ROLE, run)
    iam.create_role(RoleName=NAME, Path="/x/", AssumeRolePolicyDocument=json.dumps(trust("ec2").to_json_value()))
    before = everything(iam)
    with pytest.raises(AwsError, match="exists, not made by rolemgr"):
        execution(iam, planned, run).carry_out()
    assert everything(iam) == before


def test_what_the_role_names_must_be_there(iam: Any) -> None:
    """A boundary that does not exist is found before anything is written."""
    with pytest.raises(AwsError, match="policy/no-boundary does not exist"):
        bring(iam, replace(ROLE, boundary=f"{BOUNDARY[: -len('boundary')]}no-boundary"))


def test_ours_but_different_is_said_and_left(iam: Any) -> None:
    """Without --update the difference is named, and nothing is written."""
    bring(iam)
    before = everything(iam)
    with pytest.raises(Refused, match=r"differs: more than the file: .* more; `rolemgr apply --update` changes it"):
        bring(iam, CHANGED)
    assert everything(iam) == before


def test_an_update_brings_the_new_role(iam: Any) -> None:
    """Afterwards it is as if it had been created so, and back again."""
    bring(iam, CHANGED)
    created = everything(iam)
    bring(iam, ROLE, update=True)
    assert bring(iam, ROLE).action == "unchanged"
    assert f"{POLICY_ARN[:-1]}2" not in everything(iam)
    bring(iam, CHANGED, update=True)
    changed = everything(iam)
    for arn in created:
        assert {**changed[arn], "versions": 0} == {**created[arn], "versions": 0}


def test_a_sixth_version_takes_the_place_of_the_oldest(iam: Any) -> None:
    """IAM keeps five versions of a policy."""
    bring(iam)
    for number in range(7):
        document = identity(("Train", "Allow", f"sagemaker:Create{'ABCDEFG'[number]}"))
        bring(iam, replace(ROLE, managed_policies=(NamedPolicy(f"{NAME}-1", document),)), update=True)
    versions = iam.list_policy_versions(PolicyArn=POLICY_ARN)["Versions"]
    assert len(versions) == 5
    assert [version["VersionId"] for version in versions if version["IsDefaultVersion"]] == ["v8"]


FOREIGN: dict[str, tuple[str, dict[str, Any]]] = {
    "inline policy by-hand": ("put_role_policy", {"PolicyName": "by-hand", "PolicyDocument": json.dumps(
        identity(("Any", "Allow", "sqs:SendMessage")).to_json_value())}),
    f"attached policy {EXTRA}-beside": ("attach_role_policy", {"PolicyArn": f"{EXTRA}-beside"}),
    "tag Owner": ("tag_role", {"Tags": [{"Key": "Owner", "Value": "me"}]}),
    f"permissions boundary {OTHER_BOUNDARY}": (
        "put_role_permissions_boundary", {"PermissionsBoundary": OTHER_BOUNDARY}),
}  # fmt: skip


@pytest.mark.parametrize("what", FOREIGN)
def test_what_somebody_put_on_our_role_goes_with_prune_alone(iam: Any, what: str) -> None:
    """Without it the update is refused, and names it."""
    role = replace(ROLE, boundary=None)
    bring(iam, role)
    clean = everything(iam)
    operation, parameters = FOREIGN[what]
    getattr(iam, operation)(RoleName=NAME, **parameters)
    before = everything(iam)
    with pytest.raises(Refused, match=f"has what the file does not: {what}; "):
        bring(iam, role, update=True)
    assert everything(iam) == before
    bring(iam, role, update=True, prune=True)
    assert everything(iam) == clean


def test_the_path_of_a_role_stays(iam: Any) -> None:
    """IAM can't change it, so that is said."""
    bring(iam)
    with pytest.raises(Refused, match="has the path /ml/, and IAM can't change it"):
        bring(iam, replace(ROLE, path="/", managed_policies=()), update=True)


# --- runs that meet


def test_of_two_runs_at_once_one_makes_the_role(iam: Any) -> None:
    """Both have planned to create it; the second finds the first's, and takes nothing of it away."""
    first, second = new_run(), new_run()
    plans = plan(iam, ROLE, first), plan(iam, ROLE, second)
    execution(iam, plans[0], first).carry_out()
    before = everything(iam)
    work = execution(iam, plans[1], second)
    with pytest.raises(AwsError, match=f"was just made by another run of rolemgr \\({first}\\)"):
        work.carry_out()
    assert work.left == []
    assert everything(iam) == before


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 5, 9, 13])
def test_two_runs_that_interleave_make_one_role_or_none(iam: Any, at: int) -> None:
    """The second runs whole in the middle of the first, at each of its calls: never is half of a role left."""
    before = everything(iam)
    first, second = new_run(), new_run()
    plans = plan(iam, ROLE, first), plan_role(wanted(), ExistingResources(), second)
    ended: list[str] = []

    def other(_: object) -> None:
        if not ended:
            ended.append("begun")
            ended.append(_end(iam, plans[1], second))

    with sabotage(iam, at, other):
        ended.append(_end(iam, plans[0], first))
    role = read_role(iam, NAME)
    assert role is None or (role.state and role.state.phase == "complete")
    assert (everything(iam) == before) == (role is None)
    assert sum(end == "done" for end in ended) <= 1
    assert (role is not None) == ("done" in ended)


def _end(iam: Any, planned: Any, run: str) -> str:
    try:
        execution(iam, planned, run).carry_out()
    except AwsError:
        return "failed"
    return "done"


def half_made(iam: Any, *, after: int) -> None:
    """Leave what a run that was killed after so many writes leaves."""
    run = new_run()
    for step in plan(iam, ROLE, run).steps[:after]:
        getattr(iam, step.call.operation)(**step.call.parameters)


@pytest.mark.parametrize("after", [2, 3, 4, 5])
def test_a_half_made_role_is_recognised_and_can_be_finished(iam: Any, after: int) -> None:
    """A run that was killed: said as such, left alone, and finished with --update."""
    half_made(iam, after=after)
    before = everything(iam)
    with pytest.raises(AwsError, match=f"^role {ARN} is half-made: run [0-9a-f]+ is at it, or was killed"):
        bring(iam)
    assert everything(iam) == before
    bring(iam, update=True)
    finished = everything(iam)
    assert bring(iam).action == "unchanged"
    assert finished[ARN]["attached"] == [EXTRA, POLICY_ARN]


def test_policies_without_their_role_are_recognised_and_can_be_used(iam: Any) -> None:
    """Killed before the role: the command that removes them is named, and --update goes on with them."""
    half_made(iam, after=1)
    with pytest.raises(AwsError, match=f"aws iam delete-policy --policy-arn {POLICY_ARN}"):
        bring(iam)
    assert bring(iam, update=True).action == "create"
    assert bring(iam).action == "unchanged"


def test_a_run_that_was_taken_over_takes_nothing_back(iam: Any) -> None:
    """Somebody finishes a half-made role with --update while its run is still there."""
    first = new_run()
    planned = plan(iam, ROLE, first)
    taken: list[str] = []

    def take_over(_: object) -> None:
        if not taken:
            taken.append("begun")
            bring(iam, ROLE, update=True)

    with sabotage(iam, 4, take_over), pytest.raises(AwsError, match=r"another run of rolemgr .* has taken role"):
        execution(iam, planned, first).carry_out()
    assert bring(iam, ROLE).action == "unchanged"


# --- changes that fail


@pytest.mark.parametrize("at", [2, 4, 6])
def test_a_change_that_cannot_be_taken_back_is_named_and_can_be_finished(iam: Any, at: int) -> None:
    """The network goes and stays away: the role says that it is half-changed, and the next run finishes it."""
    bring(iam)
    run = new_run()
    failure, left = sabotaged(iam, plan(iam, CHANGED, run, update=True), run, at, FAULTS["refused"], for_ever=True)
    assert isinstance(failure, AwsError)
    assert f"role {NAME} marked as updating; take it back with" in left[-1]
    with pytest.raises(AwsError, match=f"is half-changed: run {run} is at it, or was killed"):
        bring(iam, CHANGED)
    assert "was left while updating" in bring(iam, CHANGED, update=True).notes[0]
    assert bring(iam, CHANGED).action == "unchanged"


def test_a_policy_that_is_in_use_elsewhere_stays(iam: Any) -> None:
    """Somebody attached our second policy to a role of theirs: it is detached from ours alone."""
    bring(iam, CHANGED)
    second = f"{POLICY_ARN[:-1]}2"
    iam.attach_role_policy(RoleName=f"{NAME}-beside", PolicyArn=second)
    bring(iam, ROLE, update=True)
    assert everything(iam)[f"arn:aws:iam::{ACCOUNT}:role/{NAME}-beside"]["attached"] == sorted([EXTRA, second])
    assert second not in everything(iam)[ARN]["attached"]


def test_a_policy_that_changes_for_others_too_is_said(iam: Any) -> None:
    """Somebody attached our policy to a role of theirs, which gets the new document: the plan says so."""
    bring(iam, ROLE)
    assert plan(iam, CHANGED, new_run(), update=True).notes == ()
    iam.attach_role_policy(RoleName=f"{NAME}-beside", PolicyArn=POLICY_ARN)
    said = f"policy {POLICY_ARN} is attached to 1 more than this role, or bounds them: it changes for them too"
    assert plan(iam, CHANGED, new_run(), update=True).notes == (said,)
    assert plan(iam, ROLE, new_run(), update=True).notes == ()


def test_a_policy_that_bounds_another_role_stays_whole(iam: Any) -> None:
    """IAM would refuse to delete it, after its versions were gone."""
    bring(iam, CHANGED)
    assert [step.call.operation for step in plan(iam, ROLE, new_run(), update=True).cleanup] == ["delete_policy"]

    def bounds_one(parsed: Any, **_: object) -> None:  # moto does not count
        parsed["Policy"]["PermissionsBoundaryUsageCount"] = 1

    iam.meta.events.register("after-call.iam.GetPolicy", bounds_one)
    assert plan(iam, ROLE, new_run(), update=True).cleanup == ()


def test_what_cannot_be_cleaned_up_is_named(iam: Any) -> None:
    """The role is complete; the policy that it no longer has is still there."""
    bring(iam, CHANGED)
    run = new_run()
    planned = plan(iam, ROLE, run, update=True)
    work = execution(iam, planned, run)
    iam.meta.events.register("before-send.iam.DeletePolicy", lambda **_: answer(403, "AccessDenied", "no"))
    work.carry_out()
    assert work.complete
    [left] = work.left
    assert left.startswith(f"policy {POLICY_ARN[:-1]}2, attached nowhere; remove it with `aws iam delete-policy ")
    assert bring(iam).action == "unchanged"


# --- what IAM needs time for


def test_what_iam_does_not_show_yet_is_taken_back_all_the_same(iam: Any) -> None:
    """A role that was made a second ago is missing from readings: it is ours, and goes."""
    before = everything(iam)
    run = new_run()
    planned = plan(iam, ROLE, run)

    def unseen(event_name: str, parsed: Any, http_response: Any, **_: object) -> None:
        if event_name.endswith(("GetRole", "GetPolicy")):
            parsed.clear()
            parsed.update({"Error": {"Code": "NoSuchEntity", "Message": "not yet"}, "ResponseMetadata": {}})
            http_response.status_code = 404

    iam.meta.events.register("after-call.iam", unseen)
    with pytest.raises(AwsError, match="IAM gives back something else than it was sent: the role is not there"):
        execution(iam, planned, run).carry_out()
    iam.meta.events.unregister("after-call.iam", unseen)
    assert everything(iam) == before


def test_reading_back_waits_for_iam_to_catch_up(iam: Any) -> None:
    """The first readings show no role: it waits, longer each time, and goes on."""
    run = new_run()
    waited: list[float] = []
    work = execution(iam, plan(iam, ROLE, run), run)
    work._sleep = waited.append
    seen = 0

    def late(event_name: str, parsed: Any, **_: object) -> None:
        nonlocal seen
        if event_name.endswith("ListRolePolicies") and (seen := seen + 1) <= 2:
            parsed["PolicyNames"] = []

    iam.meta.events.register("after-call.iam", late)
    work.carry_out()
    assert waited == [1.0, 2.0]


def test_reading_back_gives_up_where_iam_has_something_else(iam: Any) -> None:
    """What is read back is not what was sent: that is said, and taken back."""
    before = everything(iam)

    def other(event_name: str, parsed: Any, **_: object) -> None:
        if event_name.endswith("GetRole") and "Role" in parsed:
            parsed["Role"]["Description"] = "something else"

    iam.meta.events.register("after-call.iam", other)
    with pytest.raises(AwsError, match="IAM gives back something else than it was sent: description"):
        bring(iam)
    iam.meta.events.unregister("after-call.iam", other)
    assert everything(iam) == before


def test_a_principal_that_was_just_made_is_waited_for(iam: Any) -> None:
    """IAM refuses a trust policy that names a role which it does not know yet, for some seconds."""
    run = new_run()
    waited: list[float] = []
    work = execution(iam, plan(iam, ROLE, run), run)
    work._sleep = waited.append

    def unknown(event_name: str, parsed: Any, http_response: Any, **_: object) -> None:
        if event_name.endswith("CreateRole") and not waited:
            iam.delete_role(RoleName=NAME)  # as if it had been refused
            parsed["Error"] = {"Code": "MalformedPolicyDocument", "Message": 'Invalid principal in policy: "AWS":"arn"'}
            http_response.status_code = 400

    iam.meta.events.register("after-call.iam", unknown)
    work.carry_out()
    assert waited == [1.0]


# --- the order of changes


def at_each_step(old: RoleDocuments, new: RoleDocuments, iam: Any) -> list[Any]:
    """Change *old* into *new*; return the role as it was after each write."""
    bring(iam, old)
    run, seen = new_run(), []
    planned = plan(iam, new, run, update=True, prune=True)
    for step in planned.steps:
        getattr(iam, step.call.operation)(**step.call.parameters)
        seen.append(read_role(iam, NAME))
    return seen


def actions(role: Any, effect: str) -> set[str]:
    """Return the actions that the policies of *role* allow or deny."""
    documents = [policy.document for policy in role.policies] + [
        policy.document for policy in role.attached if policy.belongs_to(NAME)
    ]
    return {
        action
        for document in documents
        for statement in document.statement
        if statement.effect == effect
        for action in statement.action
    }


def test_on_the_way_a_role_has_never_more_than_old_and_new_together(iam: Any) -> None:
    """While Allows change, the Denies of both are in force."""
    old_denies, new_denies = {"s3:DeleteObject"}, {"s3:PutObjectAcl"}
    new_allows = {"s3:PutObject", "sagemaker:CreateProcessingJob", "sagemaker:CreateModel"}
    for role in at_each_step(ROLE, CHANGED, iam):
        allowed, denied = actions(role, "Allow"), actions(role, "Deny")
        if allowed & {"sagemaker:CreateProcessingJob", "sagemaker:CreateModel"}:
            assert denied >= new_denies
        if allowed & {"s3:GetObject"}:
            assert denied >= old_denies
        if "s3:PutObject" in allowed:
            assert allowed == new_allows


def test_a_change_without_a_safe_order_stops_the_role_meanwhile(iam: Any) -> None:
    """Another boundary and other policies: in between it is denied everything."""
    new = replace(CHANGED, boundary=OTHER_BOUNDARY, trust_policy=trust("ec2"))
    bring(iam)
    assert "the role may do nothing" in plan(iam, new, "x", update=True).notes[0]
    old_policy, new_policy = ROLE.policies, new.policies
    inline = [role.policies for role in at_each_step(ROLE, new, iam)]
    stopped = (NamedPolicy(NAME, NOTHING),)
    assert inline == [old_policy] * 2 + [stopped] * 6 + [new_policy] * 2
    bring(iam, new, update=True)
    assert bring(iam, new).action == "unchanged"


def test_a_boundary_comes_first_and_goes_last(iam: Any) -> None:
    """It only takes away, so it is there before new Allows are, and after old ones are gone."""
    free = replace(ROLE, boundary=None)
    bring(iam, free)
    steps = [step.what for step in plan(iam, replace(CHANGED, tags=ROLE.tags), "x", update=True).steps]
    assert steps[1] == f"change the permissions boundary to {BOUNDARY}"
    bring(iam, CHANGED, update=True)
    steps = [step.what for step in plan(iam, free, "x", update=True, prune=True).steps]
    assert steps.index("change the permissions boundary to none") > steps.index(f"put inline policy {NAME}")


@pytest.mark.parametrize(("name", "looks"), [("NobodyKnowsWhatThisSays", True), ("AmazonSageMakerReadOnly", False)])
def test_tags_wait_for_a_policy_that_may_look_at_them(iam: Any, name: str, looks: bool) -> None:
    """An attached policy of AWS whose text nobody knows may grant by the new tag; one that names no tag does not."""
    bring(iam)
    role = read_role(iam, NAME)
    assert role is not None
    policy = AccountPolicy(f"arn:aws:iam::aws:policy/{name}")
    old = replace(role, attached=(*role.attached, policy))
    tagged = replace(ROLE, tags={"Project": "fraud"})
    assert Change(wanted(tagged), ExistingResources(old), old, "run").old_looks_at_tags is looks


def test_more_trust_comes_last_and_less_first(iam: Any) -> None:
    """A new principal never gets the old permissions."""
    bring(iam)
    wide = replace(CHANGED, trust_policy=trust("sagemaker", "ec2"))
    steps = [step.what for step in plan(iam, wide, "x", update=True).steps]
    assert steps.index("change the trust policy") > steps.index(f"put inline policy {NAME}")
    bring(iam, wide, update=True)
    steps = [step.what for step in plan(iam, ROLE, "x", update=True).steps]
    assert steps.index("change the trust policy") < steps.index(f"put inline policy {NAME}")


def test_the_state_is_a_tag_that_iam_takes() -> None:
    """Phase and run in one value."""
    assert State("creating", "abc").tag == {"Key": "rolemgr:state", "Value": "creating abc"}


# --- inline, or in managed policies alone


def managed_only(role: RoleDocuments) -> RoleDocuments:
    """Return *role* without an inline policy: its Denies in a managed policy, its Allows in others."""
    (inline,) = role.policies
    parts = {
        effect: inline.document.model_copy(
            update={"statement": tuple(one for one in inline.document.statement if one.effect is effect)}
        )
        for effect in (Effect.DENY, Effect.ALLOW)
    }
    denies = NamedPolicy(f"{NAME}-denies-1", parts[Effect.DENY])
    allows = (parts[Effect.ALLOW], *(policy.document for policy in role.managed_policies))
    numbered = (NamedPolicy(f"{NAME}-{number}", document) for number, document in enumerate(allows, start=1))
    return replace(role, policies=(), managed_policies=(denies, *numbered))


FORMS = {"inline": ROLE, "managed": managed_only(ROLE)}
CHANGED_FORMS = {"inline": CHANGED, "managed": managed_only(CHANGED)}
SWITCHES = [(one, other) for one in FORMS for other in (*FORMS, "changed inline", "changed managed") if one != other]


def form(name: str) -> RoleDocuments:
    """Return the role by the name of its form."""
    return CHANGED_FORMS[name.removeprefix("changed ")] if name.startswith("changed") else FORMS[name]


@pytest.mark.parametrize(("before", "after"), SWITCHES)
def test_no_allow_is_ever_without_the_denies_beside_it(iam: Any, before: str, after: str) -> None:
    """Whichever of the two has the inline policy: at each step what is allowed is limited as in its own role."""
    old, new = form(before), form(after)
    sides = [({"s3:GetObject", "sagemaker:CreateTrainingJob"}, {"s3:DeleteObject"})]
    if after.startswith("changed"):
        changed = {"s3:PutObject", "sagemaker:CreateProcessingJob", "sagemaker:CreateModel"}
        sides.append((changed, {"s3:PutObjectAcl"}))
    steps = at_each_step(old, new, iam)
    for role in steps:
        denied = actions(role, "Deny")
        for allows, denies in sides:
            assert "*" in denied or not actions(role, "Allow") & allows or denied >= denies
    assert {policy.name for policy in steps[-1].policies} == {policy.name for policy in new.policies}


@pytest.mark.parametrize(("before", "after"), SWITCHES)
def test_a_switch_between_inline_and_managed_is_made(iam: Any, before: str, after: str) -> None:
    """It is the role that a new one would be, nothing of the old one is left, and again it is already there."""
    bring(iam, form(before))
    planned = bring(iam, form(after), update=True)
    assert planned.differences
    switched = everything(iam)
    assert bring(iam, form(after)).action == "unchanged"
    role = switched[wanted(form(after)).arn]
    assert set(role["inline"]) == {policy.name for policy in form(after).policies}
    assert role["attached"] == sorted(wanted(form(after)).attachments)
    own = {arn for arn in switched if f":policy/ml/{NAME}-" in arn}
    assert own == {wanted().policy_arn(policy) for policy in form(after).managed_policies}


def test_a_new_role_has_its_denies_before_its_allows(iam: Any) -> None:
    """Also where both are attached."""
    attached = [step.what for step in plan(iam, FORMS["managed"], "x").steps if step.what.startswith("attach")]
    assert [what.rpartition("/")[2] for what in attached] == [f"{NAME}-denies-1", f"{NAME}-1", f"{NAME}-2", "extra"]


def test_an_inline_policy_by_hand_is_a_difference(iam: Any) -> None:
    """It goes with --prune alone, as on other roles."""
    bring(iam, FORMS["managed"])
    document = json.dumps(identity(("Any", "Deny", "s3:GetObjectAcl")).to_json_value())
    iam.put_role_policy(RoleName=NAME, PolicyName="by-hand", PolicyDocument=document)
    assert any("inline policy by-hand" in one for one in plan(iam, FORMS["managed"], "x", update=True).differences)
    with pytest.raises(Refused, match="--prune"):
        bring(iam, FORMS["managed"], update=True)
    bring(iam, FORMS["managed"], update=True, prune=True)
    role = read_role(iam, NAME)
    assert role
    assert role.policies == ()

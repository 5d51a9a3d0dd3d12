"""Who holds which policies in Terraform's plans, states and configurations."""

import json
from typing import Any

import pytest
from tests.check.test_attached import ALL, JOB, OURS, PASS, PASS_ANY, TRUST, custom, document, not_judged, rules

AWS = "arn:aws:iam::aws:policy/"
Parts = dict[str, dict[str, Any]]


def policy(statement: Any, **more: Any) -> dict[str, Any]:
    """Return the values of what has a policy of *statement*."""
    return {"policy": json.dumps(document(statement)), **more}


def role(name: str, **more: Any) -> dict[str, Any]:
    """Return the values of a role."""
    return {"name": name, "assume_role_policy": json.dumps(TRUST), **more}


def state(parts: Parts) -> Any:
    """Return a state of *parts*, values by address."""
    resources = [
        {"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": values}]}
        for (kind, name), values in ((address.split("."), values) for address, values in parts.items())
    ]
    return {"version": 4, "lineage": "x", "resources": resources}


def plan(parts: Parts, references: dict[str, dict[str, list[str]]] | None = None, module: str = "") -> Any:
    """Return a plan of *parts*, with what its configuration refers to where a value is not there yet."""
    listed = [{"address": module + address, "type": address.split(".")[0], "values": v} for address, v in parts.items()]
    configured = [
        {"address": address, "expressions": {key: {"references": one} for key, one in by_key.items()}}
        for address, by_key in (references or {}).items()
    ]
    inner: Any = {"resources": configured}
    if module:
        inner = {"module_calls": {module.split(".")[1]: {"module": inner}}}
        planned: Any = {"child_modules": [{"resources": listed}]}
    else:
        planned = {"resources": listed}
    return {"planned_values": {"root_module": planned}, "configuration": {"root_module": inner}}


def configuration(parts: Parts, **more: Any) -> Any:
    """Return a ``.tf.json`` file of *parts*."""
    made: dict[str, Any] = {}
    for address, values in parts.items():
        kind, name = address.split(".")
        made.setdefault(kind, {})[name] = values
    return {"resource": made, **more}


def both(of: str, passing: Any = PASS_ANY) -> Parts:
    """Return a role with jobs inline, and a policy that passes a role attached to the role called *of*."""
    return {
        "aws_iam_role.r": role("r"),
        "aws_iam_role_policy.jobs": policy(JOB, role="r"),
        "aws_iam_policy.p": policy(passing, name="p", arn="arn:aws:iam::111122223333:policy/p"),
        "aws_iam_role_policy_attachment.a": {"role": of, "policy_arn": "arn:aws:iam::111122223333:policy/p"},
    }


@pytest.mark.parametrize("shape", [state, plan, configuration])
def test_policies_of_one_role_act_together(shape: Any) -> None:
    """Inline by a resource of its own, and attached; another role's count for nothing."""
    assert "RM704" in rules(shape(both("r")))
    assert not_judged(shape(both("r"))) == []
    assert "RM609" not in rules(shape(both("r", PASS)))
    assert "RM609" in rules(shape(both("s", PASS)))
    assert "RM704" not in rules(shape(both("s")))


@pytest.mark.parametrize("shape", [state, plan, configuration])
def test_what_aws_or_nobody_knows_is_attached(shape: Any) -> None:
    """A known text counts, of another one nobody can tell: by a resource or by the role's own argument."""
    wanted = {"access_not_granted": {"actions": ["s3:DeleteBucket"]}}
    for more in (
        lambda arn: {"aws_iam_role_policy_attachment.a": {"role": "r", "policy_arn": arn}},
        lambda arn: {"aws_iam_policy_attachment.a": {"roles": ["q", "r"], "policy_arn": arn}},
        lambda arn: {"aws_iam_role.r": role("r", managed_policy_arns=[arn])},
        lambda arn: {"aws_iam_role_policy_attachments_exclusive.a": {"role_name": "r", "policy_arns": [arn]}},
    ):
        parts: Parts = {"aws_iam_role.r": role("r"), "aws_iam_role_policy.jobs": policy(JOB, role="r")}
        assert "RM601" in rules(shape(parts | more(AWS + "AdministratorAccess")))
        assert "RM609" not in rules(shape(parts | more(OURS)))
        assert any(OURS in one for one in not_judged(shape(parts | more(OURS))))
        assert any("can't tell" in one for one in custom(shape(parts | more(OURS)), **wanted))
        assert custom(shape(parts | more(AWS + "AmazonS3ReadOnlyAccess")), **wanted) == []
        assert "RM609" in rules(shape(parts))


@pytest.mark.parametrize("module", ["", "module.m.", 'module.m["a.b"].'])
def test_a_plan_refers_by_its_configuration(module: str) -> None:
    """What AWS gives out is not in the plan; what it will be of is."""
    parts: Parts = {
        "aws_iam_role.r": role("r"),
        "aws_iam_role_policy.jobs": policy(JOB),
        "aws_iam_policy.p": policy(PASS_ANY),
        "aws_iam_role_policy_attachment.a": {},
    }
    references = {
        "aws_iam_role_policy.jobs": {"role": ["aws_iam_role.r.id", "aws_iam_role.r"]},
        "aws_iam_role_policy_attachment.a": {
            "role": ["aws_iam_role.r.name", "aws_iam_role.r"], "policy_arn": ["aws_iam_policy.p.arn", "aws_iam_policy.p"],
        },
    }  # fmt: skip
    if '"' in module:
        shown = plan(parts, references, "module.m.")
        for one in shown["planned_values"]["root_module"]["child_modules"][0]["resources"]:
            one["address"] = one["address"].replace("module.m.", module)
    else:
        shown = plan(parts, references, module)
    assert "RM704" in rules(shown)
    assert not_judged(shown) == []
    references["aws_iam_role_policy_attachment.a"]["policy_arn"] = ["var.arn"]
    unsure = plan(parts, references, module if '"' not in module else "")
    assert "RM704" not in rules(unsure)
    assert any("known only after apply" in one for one in not_judged(unsure))


def test_each_of_several_has_its_own() -> None:
    """By count or for_each the index is the resource's; where none is alike nobody can tell."""

    def indexed(index: str) -> Any:
        parts: Parts = {
            "aws_iam_role.r[0]": role("a"), "aws_iam_role.r[1]": role("b"),
            "aws_iam_role_policy.j[0]": policy(JOB), "aws_iam_policy.p": policy(PASS_ANY),
            f"aws_iam_role_policy_attachment.a{index}": {},
        }  # fmt: skip
        return plan(parts, {
            "aws_iam_role_policy.j": {"role": ["aws_iam_role.r", "count.index"]},
            "aws_iam_role_policy_attachment.a": {
                "role": ["aws_iam_role.r", "count.index"], "policy_arn": ["aws_iam_policy.p.arn", "aws_iam_policy.p"],
            },
        })  # fmt: skip

    assert "RM704" in rules(indexed("[0]"))
    assert "RM704" not in rules(indexed("[1]"))
    assert any("whose policy" in one for one in not_judged(indexed('["x"]')))


def test_a_configuration_refers_by_expressions() -> None:
    """To roles and policies of the file, to AWS's by their ARN in any partition, to what nobody knows."""

    def made(arn: str, **more: Any) -> Any:
        return configuration({
            "aws_iam_role.r": role("n"),
            "aws_iam_role_policy.jobs": policy(JOB, role="${aws_iam_role.r.id}"),
            "aws_iam_policy.p": policy(PASS_ANY, name="p"),
            "aws_iam_role_policy_attachment.a": {"role": "${aws_iam_role.r.name}", "policy_arn": arn},
        }, **more)  # fmt: skip

    assert "RM704" in rules(made("${aws_iam_policy.p.arn}"))
    assert not_judged(made("${aws_iam_policy.p.arn}")) == []
    admin = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AdministratorAccess"
    assert "RM601" in rules(made(admin))
    source = {"data": {"aws_iam_policy": {"x": {"arn": AWS + "AdministratorAccess"}}}}
    assert "RM601" in rules(made("${data.aws_iam_policy.x.arn}", **source))
    named = {"data": {"aws_iam_policy": {"x": {"name": "AdministratorAccess"}}}}
    assert not_judged(made("${data.aws_iam_policy.x.arn}", **named))
    assert not_judged(made("${var.arn}"))
    assert not_judged(made("${each.value}"))


def test_users_and_groups() -> None:
    """A user has what its groups have."""
    parts: Parts = {
        "aws_iam_user.u": {"name": "u"}, "aws_iam_user_policy.j": policy(JOB, user="u"),
        "aws_iam_group.g": {"name": "g"}, "aws_iam_group_policy.p": policy(PASS_ANY, group="g"),
    }  # fmt: skip
    assert "RM704" not in rules(state(parts))
    joined = {"aws_iam_group_membership.m": {"users": ["u"], "group": "g", "name": "m"}}
    assert "RM704" in rules(state(parts | joined))
    listed = {"aws_iam_user_group_membership.m": {"user": "u", "groups": ["g"]}}
    assert "RM704" in rules(state(parts | listed))
    outside = {"aws_iam_user_group_membership.m": {"user": "u", "groups": ["h"]}}
    assert any("group" in one for one in not_judged(state(parts | outside)))


def test_a_boundary_in_terraform_gives_nothing() -> None:
    """The account's own policy that only bounds is no administrator."""
    parts: Parts = {
        "aws_iam_policy.b": policy(ALL, name="b", arn="arn:aws:iam::111122223333:policy/b"),
        "aws_iam_role.r": role("r", permissions_boundary="arn:aws:iam::111122223333:policy/b"),
    }
    assert "RM601" not in rules(state(parts))
    assert "RM601" in rules(state(parts | {"aws_iam_role.r": role("r")}))

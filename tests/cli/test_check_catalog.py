"""`rolemgr check our-catalog/`: each entry is judged for itself, and the built-in catalog is the measure."""

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import write

from rolemgr.catalog.folders import FOLDERS
from rolemgr.catalog.load import builtin_folder
from rolemgr.workflow.check import CATALOG_FOLDERS

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog

GROUP = """\
title: T
description: D.
statements:
  - sid: Tell
    actions: [{action}]
    resources: "arn:aws:sns:eu-west-1:111122223333:t"
"""


def findings(run: "Run", *args: str) -> list[dict[str, Any]]:
    """Return what a check with *args* finds."""
    found: list[dict[str, Any]] = json.loads(run("check", *args, "--format", "json").stdout)["findings"]
    return found


def test_every_wrong_entry_is_found_at_its_line(run: "Run", user_catalog: "UserCatalog") -> None:
    """A misspelt action, key, separation and key of a file; one that is wrong stops no other."""
    user_catalog(
        {
            "activity_groups/tell.yaml": GROUP.format(action="sns:Publsh"),
            "guardrails/isolated.yaml": (
                "title: T\ndescription: D.\nscope: [jobs]\ndeny:\n"
                "  - {sid: A, actions: supported, conditions: {Bool: {sagemaker:NetworkIsolatio: 'false'}}}\n"
            ),
            "separations/quiet.yaml": "title: T\nwhy: W.\nnever: [sns:Publsh]\n",
            "personas/teller.yaml": "title: T\ndescription: D.\nactivity_groups: [tel]\n",
            "scps/mine.yaml": "titl: T\n",
        }
    )
    found = {one["path"]: one for one in reversed(findings(run, "catalog"))}
    assert {path: (one["rule"], one["line"]) for path, one in found.items()} == {
        "catalog/activity_groups/tell.yaml": ("RM003", 5),
        "catalog/guardrails/isolated.yaml": ("RM003", 5),
        "catalog/separations/quiet.yaml": ("RM003", 3),
        "catalog/personas/teller.yaml": ("RM003", 3),
        "catalog/scps/mine.yaml": ("RM003", 1),
    }
    assert "did you mean sns:Publish" in found["catalog/activity_groups/tell.yaml"]["message"]
    assert run("check", "catalog").code == 1


def test_a_persona_that_may_do_what_it_must_never_do_is_found(run: "Run", user_catalog: "UserCatalog") -> None:
    """Separation is asked of the role, as `create` asks it."""
    user_catalog({"personas/p.yaml": "title: T\ndescription: D.\nextends: data-scientist\nadd: [deploy-endpoints]\n"})
    (first, *_) = findings(run, "catalog")
    assert (first["rule"], first["path"]) == ("RM003", "catalog/personas/p.yaml")
    assert "must never" in first["message"]


def test_rules_and_own_checks_judge_the_roles_of_the_entries(run: "Run", user_catalog: "UserCatalog") -> None:
    """A group that no persona has is judged alone, at its own line."""
    user_catalog({"activity_groups/tell.yaml": GROUP.format(action="sns:Publish")})
    assert findings(run, "catalog") == []
    checks = write("c.yaml", "checks:\n  - {id: no-sns, reason: x, access_not_granted: {actions: ['sns:*']}}\n")
    (found,) = findings(run, "catalog", "--rules", checks)
    assert (found["rule"], found["path"], found["line"]) == ("no-sns", "catalog/activity_groups/tell.yaml", 4)


def test_a_catalog_beside_policies_and_what_is_none(run: "Run", user_catalog: "UserCatalog") -> None:
    """Both are judged; a folder of SCPs is no catalog though it is called as one of its folders."""
    user_catalog({"activity_groups/tell.yaml": GROUP.format(action="sns:Publish")})
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjcet", "Resource": "*"}]}
    path, _ = write("p.json", policy), write("org/scps/a.json", policy)
    assert {one["path"] for one in findings(run, "catalog", path)} == {"p.json"}
    assert {one["path"] for one in findings(run, "org")} == {"org/scps/a.json"}
    Path("org/personas").mkdir()
    assert {one["path"] for one in findings(run, "org")} == {"org/scps/a.json"}


@pytest.mark.nightly
def test_our_own_catalog_as_a_user_would_have_it_makes_every_role(run: "Run") -> None:
    """All entries can be made; what rules find are the findings that roles of such groups alone have."""
    for kind in ("personas", "activity_groups", "guardrails", "separations"):
        shutil.copytree(builtin_folder() / kind, Path("ours", kind))
    shutil.copy(builtin_folder() / "parameters.yaml", "ours")
    ran = run("check", "ours", "--format", "json")
    data = json.loads(ran.stdout)
    assert [one for one in data["findings"] if one["rule"] == "RM003"] == []
    assert data["not_judged"] == []
    assert data["checked"] > 100


SCP = """title: T
description: D.
statements:
  - {{sid: A, actions: ["{action}"], conditions: {{{operator}: {{"{key}": "{value}"}}}}}}
left_open: [n]
"""
TLS = {"action": "s3:*", "operator": "Bool", "key": "aws:SecureTransport", "value": "false"}
LAYER_SLIPS = [
    ({"action": "s3:GetObjekt"}, "unknown action `s3:GetObjekt`; did you mean s3:GetObject"),
    ({"key": "aws:SecureTransports"}, "unknown condition key `aws:SecureTransports`; did you mean aws:SecureTransport"),
    ({"key": "s3:prefx", "operator": "StringLike"}, "unknown condition key `s3:prefx`; did you mean s3:prefix"),
    ({"operator": "ForAnyValues:StringEquals"}, "did you mean ForAnyValue:StringEquals"),
    ({"operator": "StringEqualsIfExist"}, "did you mean StringEqualsIfExists"),
    ({"operator": "StringEquals", "key": "aws:TagKeys"}, "`aws:TagKeys` has several values"),
    ({"value": "{{ nothing }}"}, "unknown parameter `nothing`"),
]


DEAD = {
    "A": '{actions: ["s3:PutObject"], conditions: {StringNotLike: {"aws:RequestedRegion": "*"}}}',
    "B": '{actions: ["s3:*"], conditions: {StringEquals: {"aws:SourceVpc": v}, StringNotEquals: {"aws:SourceVpc": v}}}',
    "C": '{not_actions: ["*"]}',
    "D": '{actions: ["s3:PutObject"], resources: ["arn:aws:s3:::bucket"]}',
}


@pytest.mark.parametrize("sid", DEAD)
def test_an_scp_that_denies_nothing_is_found_at_its_line(run: "Run", user_catalog: Any, sid: str) -> None:
    """Its names are right, and no request meets it; what the pattern accepts is said as a note."""
    statement = f"  - {{sid: {sid}, {DEAD[sid][1:]}\n"
    head = "title: T\ndescription: D.\nleft_open: [n]\nstatements:\n"
    user_catalog({"scps/mine.yaml": f"{head}  - {{sid: Live, actions: ['s3:PutObject']}}\n{statement}"})
    [found] = findings(run, "catalog")
    assert (found["path"], found["line"], found["sid"]) == ("catalog/scps/mine.yaml", 6, sid)
    assert "nothing is denied" in found["message"]
    accepting = f"accepts: [{{rule: {found['rule']}, sid: {sid}, why: we want it}}]\n"
    user_catalog({"scps/mine.yaml": f"{head}{statement}{accepting}"})
    accepted = run("check", "catalog")
    assert accepted.code == 0
    assert "is accepted by catalog/scps/mine.yaml:6: we want it" in accepted.stderr


@pytest.mark.parametrize(("slip", "says"), LAYER_SLIPS)
@pytest.mark.parametrize("kind", ["scps", "rcps"])
def test_a_catalog_of_layers_alone_is_judged_as_create_judges_it(
    kind: str, slip: dict[str, str], says: str, run: "Run", user_catalog: "UserCatalog"
) -> None:
    """A Deny of a name that AWS lacks denies nothing: it is found before anybody renders it, with its line."""
    user_catalog({f"{kind}/mine.yaml": SCP.format(**{**TLS, **slip})})
    found = findings(run, "catalog")
    assert [(one["rule"], one["line"]) for one in found] == [("RM003", 4)]
    assert says in found[0]["message"]
    made = run(kind.removesuffix("s"), "mine", "--catalog", "catalog")
    assert made.code == 2
    assert says in made.stderr


def test_a_right_layer_and_one_behind_a_value_are_taken(run: "Run", user_catalog: "UserCatalog") -> None:
    """A statement that needs a value is judged without it too."""
    right = SCP.format(**TLS).replace("left_open", "parameters: {vpc: {type: network, help: H}}\nleft_open")
    behind = '  - {sid: B, actions: ["s3:*"], needs: [vpc], conditions: {StringNotEquals: {"%s": "{{ vpc }}"}}}\n'
    user_catalog({"scps/mine.yaml": right.replace("parameters", behind % "aws:SourceVpc" + "parameters")})
    assert findings(run, "catalog") == []
    user_catalog({"scps/mine.yaml": right.replace("parameters", behind % "aws:SourceVpcc" + "parameters")})
    (only,) = findings(run, "catalog")
    assert "did you mean aws:SourceVpc" in only["message"]


def test_controls_resource_policies_and_parameters_alone_are_judged(run: "Run", user_catalog: "UserCatalog") -> None:
    """Each kind of entry makes a folder a catalog, and is held to its names."""
    topic = (builtin_folder() / "resource_policies/topic.yaml").read_text("utf-8")
    control = (builtin_folder() / "detective_controls/untagged-resources.yaml").read_text("utf-8")
    slips = {
        "resource_policies/topic.yaml": (topic.replace("sns:Publish", "sns:Publishh"), "did you mean sns:Publish?"),
        "detective_controls/mine.yaml": (
            control.replace("function: untagged-resources", "function: untagged-resource"), "unknown function",
        ),
        "parameters.yaml": (
            "parameters:\n  work_buckets: {type: bucket, many: true, default: [A_B], help: H}\n", "is not a bucket name",
        ),
    }  # fmt: skip
    for name, (text, says) in slips.items():
        folder = user_catalog({name: text})
        found = findings(run, "catalog")
        assert found
        assert all(one["path"] == f"catalog/{name}" and one["line"] for one in found)
        assert any(says in one["message"] for one in found), found
        shutil.rmtree(folder)


def test_documents_in_a_folder_called_scps_stay_documents(run: "Run", tmp_path: Path) -> None:
    """They have no title: they are judged as policies."""
    write(
        str(tmp_path / "org/scps/a.json"),
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:x", "Resource": "*"}]}',
    )
    assert {one["rule"] for one in findings(run, str(tmp_path / "org"))} >= {"RM202"}


def test_what_is_not_read_is_found(run: "Run", user_catalog: "UserCatalog") -> None:
    """A limit in a misspelt folder, a folder below, or under another ending is believed in and not there."""
    group = GROUP.format(action="sns:Publish")
    quiet = "title: T\nwhy: W.\nnever: [sns:Publish]\n"
    read = {"activity_groups/tell.yaml": group, "separations/quiet.yml": quiet, "tests/a.yaml": "title: T\n"}
    unread = {
        "separation/quiet.yaml": "separations/quiet.yaml",
        "activity-groups/a.yaml": "activity_groups/a.yaml",
        "activity_groups/b.YAML": "activity_groups/b.yaml",
        "activity_groups/c.json": "activity_groups/c.yaml",
        "guardrails/team-b/d.yaml": "guardrails/d.yaml",
        "guardrails/profile/e.yaml": "guardrails/profiles/e.yaml",
        "profiles/f.yaml": "guardrails/profiles/f.yaml",
        "guardrail_profiles/g.yaml": "guardrails/profiles/g.yaml",
    }
    user_catalog({**read, **dict.fromkeys(unread, quiet)})
    found = {one["path"]: one["message"] for one in findings(run, "catalog")}
    assert found.keys() == {f"catalog/{name}" for name in unread}
    assert all(found[f"catalog/{name}"].endswith(right) for name, right in unread.items())
    made = run("create", "--persona", "data-scientist", "--catalog", "catalog")
    assert made.stderr.count("is not read;") == len(unread)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has none")
def test_what_lies_behind_links_or_in_a_pipe_is_found(run: "Run", user_catalog: "UserCatalog") -> None:
    """No pipe is waited for, no circle walked for ever; a title may stand behind a long comment."""
    user_catalog({"personas/ok.yaml": "title: T\ndescription: D.\nextends: data-scientist\n"})
    user_catalog({"personas/below/long.yaml": f"{'#' * 5_000}\ntitle: T\n", "elsewhere/of.yaml": "title: T\n"})
    os.mkfifo("catalog/personas/below/pipe.yaml")
    os.mkfifo("catalog/shares.yaml")
    Path("catalog/personas/round").symlink_to(Path("catalog/personas").absolute())
    Path("catalog/personas/whole").symlink_to(Path("catalog").absolute())
    Path("catalog/personas/linked").symlink_to(Path("catalog/elsewhere").absolute())
    found = {one["path"].removeprefix("catalog/personas/") for one in findings(run, "catalog")}
    assert found == {"below/long.yaml", "below/pipe.yaml", "linked/of.yaml"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has none")
def test_a_folder_with_a_pipe_is_soon_told_from_a_catalog(run: "Run") -> None:
    """Whether a folder is a catalog is asked of its files, and of a pipe nobody waits for the answer."""
    Path("org/scps").mkdir(parents=True)
    os.mkfifo("org/scps/pipe.yaml")
    result = run("check", "org")
    assert result.code == 2
    assert "pipe.yaml: not judged: is a pipe" in result.stderr


LESS = "title: T\nwhy: W.\nnever: ['secretsmanager:UpdateSecret']\n"


def test_an_entry_that_replaces_another_and_forbids_less_is_found(run: "Run", user_catalog: "UserCatalog") -> None:
    """All personas that list it lose what it no longer forbids; one that forbids more is nobody's loss."""
    ours = (builtin_folder() / "separations/no-secrets.yaml").read_text("utf-8")
    user_catalog({"separations/no-secrets.yaml": LESS})
    (only,) = findings(run, "catalog")
    assert (only["rule"], only["severity"]) == ("RM004", "SECURITY_WARNING")
    assert "secretsmanager:GetSecretValue" in only["message"]
    made = run("create", "--persona", "security-auditor", "--catalog", "catalog")
    assert "no-secrets.yaml is used in place of separations/no-secrets.yaml" in made.stderr
    user_catalog({"separations/no-secrets.yaml": ours.replace("never:\n", "never:\n  - sns:Publish\n")})
    assert findings(run, "catalog") == []


def test_a_persona_that_replaces_another_and_forbids_less_is_found(run: "Run", user_catalog: "UserCatalog") -> None:
    """Its name is what others extend."""
    user_catalog({"personas/data-scientist.yaml": "title: T\ndescription: D.\nactivity_groups: [read-logs]\n"})
    assert [one["rule"] for one in findings(run, "catalog")] == ["RM004"]


def test_what_an_entry_accepts_or_takes_on_trust_is_said(run: "Run", user_catalog: "UserCatalog") -> None:
    """Who reviews a pull request to a catalog reads it here."""
    secrets = (
        "title: T\ndescription: D.\nparameters: {names: {type: name-pattern, default: '*', help: H}}\nstatements:\n"
        "  - sid: A\n    actions: secretsmanager:GetSecretValue\n"
        '    resources: "arn:{{ partition }}:secretsmanager:{{ region }}:{{ account }}:secret:{{ names }}"\n'
        "accepts: [{rule: reads-every-secret, action: 'secretsmanager:GetSecretValue', why: we want it}]\n"
    )
    trusted = "title: T\nwhy: W\nnever: ['secretsmanager:GetSecretValu']\nunknown_ok: ['secretsmanager:GetSecretValu', 's3:x']\n"
    user_catalog({"activity_groups/secrets.yaml": secrets, "separations/mine.yaml": trusted})
    found = run("check", "catalog")
    assert found.code == 0
    assert "accepted by catalog/activity_groups/secrets.yaml:8: we want it" in found.stderr
    assert "mine.yaml:4: `secretsmanager:GetSecretValu` is taken as it is" in found.stderr
    assert "did you mean secretsmanager:GetSecretValue" in found.stderr
    assert "`s3:x` is taken as it is, by `unknown_ok`: nothing in the file needs that" in found.stderr


def test_the_folders_that_make_a_catalog_are_those_that_it_reads() -> None:
    """`check` looks for them without loading the catalog."""
    assert {one.partition("/")[0] for one in FOLDERS.values()} == set(CATALOG_FOLDERS)


def test_a_persona_that_needs_values_is_judged_with_examples(run: "Run", user_catalog: "UserCatalog") -> None:
    """What its groups grant wrongly is found, and who asks what it may do gets a plain no where no group has it."""
    group = (
        "title: T\ndescription: D.\nparameters: {inboxes: {type: s3-prefix, many: true, help: H}}\nstatements:\n"
        '  - {sid: A, actions: "s3:PutObject", resources: "arn:{{ partition }}:s3:::{{ inboxes }}/*"}\n'
        '  - {sid: B, actions: "iam:PassRole", resources: "arn:{{ partition }}:iam::{{ account }}:role/*"}\n'
    )
    persona = "title: T\ndescription: D.\nactivity_groups: [inbox]\nguardrail_profile: isolated\n"
    user_catalog({"activity_groups/inbox.yaml": group, "personas/vendor.yaml": persona})
    ran = run("check", "catalog", "--format", "json")
    found = json.loads(ran.stdout)
    assert found["not_judged"] == []
    assert {(one["path"], one["action"]) for one in found["findings"]} >= {
        ("catalog/activity_groups/inbox.yaml", "iam:PassRole")
    }
    asked = ("query", "who", "secretsmanager:CreateSecret", "--catalog", "catalog")
    assert "no vendor" in " ".join(run(*asked).stdout.replace("├──", "").replace("└──", "").split())
    asked = ("query", "who", "s3:PutObject", "--catalog", "catalog")
    assert "unknown vendor" in " ".join(run(*asked).stdout.replace("├──", "").replace("└──", "").split())


@pytest.mark.parametrize(
    "path", ["catalog/activity_groups/tell.yaml", "catalog/activity_groups", "catalog/guardrails/profiles/ours.yaml"]
)
def test_one_entry_is_judged_within_its_catalog(run: "Run", user_catalog: "UserCatalog", path: str) -> None:
    """As pre-commit hooks give the files that changed; what is wrong elsewhere in the catalog is not told."""
    user_catalog(
        {
            "activity_groups/tell.yaml": GROUP.format(action="sns:Publsh"),
            "guardrails/profiles/ours.yaml": "title: T\ndescription: D.\nguardrails: {max-runtim: 1h}\n",
            "personas/teller.yaml": "title: T\ndescription: D.\nactivity_groups: [tel]\n",
        }
    )
    ran = run("check", path, "--format", "json")
    assert ran.code == 1
    (only,) = json.loads(ran.stdout)["findings"]
    assert only["path"].startswith(path)
    assert json.loads(ran.stdout)["checked"] == 1


def test_a_rendered_policy_in_a_folder_of_that_name_is_a_policy(run: "Run", user_catalog: "UserCatalog") -> None:
    """`scps` may hold what was rendered, beside a catalog."""
    folder = user_catalog({"activity_groups/tell.yaml": GROUP.format(action="sns:Publish")})
    (folder / "scps").mkdir()
    (folder / "scps/a.json").write_text('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*"}]}')
    found = json.loads(run("check", "catalog/scps/a.json", "--format", "json").stdout)["findings"]
    assert "RM101" in {one["rule"] for one in found}


ACCEPTS = "accepts: [{{rule: RM9999, {} why: w}}]\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("activity_groups/tell.yaml", GROUP.format(action="sns:Publish") + ACCEPTS.format("action: 'sns:Publish',")),
        ("scps/tell.yaml", "title: T\ndescription: D.\nstatements: [{sid: A, actions: 'sns:Publish'}]\nleft_open: [n]\n"
         + ACCEPTS.format("sid: A,")),
    ],
)  # fmt: skip
def test_an_entry_can_not_accept_a_rule_that_there_is_none_of(
    run: "Run", user_catalog: "UserCatalog", path: str, text: str
) -> None:
    """It would excuse nothing, and look as if it did."""
    user_catalog({path: text})
    (only,) = findings(run, "catalog")
    assert (only["path"], "`RM9999`" in only["message"]) == (f"catalog/{path}", True)

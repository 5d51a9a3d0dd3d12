"""Projects: their roles and buckets, and that one role serves all of them by the tag of its session."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.blueprint.accepting import PEOPLE as PEOPLE_REACH
from tests.blueprint.accepting import accepting

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy

if TYPE_CHECKING:
    from tests.conftest import Run

HEAD = """\
regions: [eu-west-1]
abac: [Project]
accounts:
  data: {id: "111111111111"}
  ml: {id: "222222222222"}
keys: {ml/churn-key: 1234abcd-12ab-34cd-56ef-1234567890ab}
"""
BUCKETS = """\
projects:
  churn: {account: ml, bucket: ml/acme-churn, key: ml/churn-key}
  fraud: {account: ml, bucket: ml/acme-fraud}
"""
PREFIXES = """\
buckets: {ml/shared: acme-shared}
projects:
  churn: {account: ml, bucket: ml/shared, prefix: churn/*}
  fraud: {account: ml, bucket: ml/shared, prefix: fraud/*}
"""
PEOPLE = """\
roles:
  ml/scientist:
    persona: data-scientist
    trust: ["saml:arn:aws:iam::222222222222:saml-provider/Okta?session-tags=Project"]
  ml/engineer: {persona: ml-engineer, tag: {Project: churn}, remove: [manage-feature-groups]}
"""


@pytest.fixture
def built(run: "Run") -> Any:
    """Build a blueprint of a text, and return the role at each place of account `ml`."""

    def build(text: str) -> dict[str, Any]:
        Path("bp.yaml").write_text(text, "utf-8")
        ran = run("build", "bp.yaml", "-o", "out")
        assert (ran.code, ran.errors) == (0, [])
        return {path.stem: json.loads(path.read_text("utf-8")) for path in Path("out/ml/roles").glob("*.json")}

    return build


def decided(role: Any, action: str, resource: str, project: str) -> str:
    """Return what the policies of *role* say to a request of a session of *project*."""
    documents = tuple(
        IdentityPolicy.model_validate(one["PolicyDocument"])
        for one in (*role["Policies"], *role.get("ManagedPolicies", ()))
    )
    context = {"aws:PrincipalTag/Project": [project], "iam:PassedToService": ["sagemaker.amazonaws.com"],
               "aws:ResourceAccount": ["222222222222"]}  # fmt: skip
    arn = f"arn:aws:iam::222222222222:role/{role['RoleName']}"
    return evaluate(
        Request.known(action, resource, context, arn, "222222222222"), Policies(identity=documents)
    ).decision


def test_each_project_has_two_roles_with_its_tag(built: Any) -> None:
    """What jobs run as, and what pipelines run as, which passes both."""
    roles = built(HEAD + BUCKETS)
    assert sorted(roles) == ["churn-compute", "churn-pipeline", "fraud-compute", "fraud-pipeline"]
    for name, role in roles.items():
        assert role["Tags"] == [{"Key": "Project", "Value": name.partition("-")[0]}]
    passed = "arn:aws:iam::222222222222:role/ml-churn-compute"
    assert decided(roles["churn-pipeline"], "iam:PassRole", passed, "churn") == "Allowed"
    assert decided(roles["fraud-pipeline"], "iam:PassRole", passed, "fraud") == "ImplicitlyDenied"


@pytest.mark.parametrize(("project", "other"), [("churn", "fraud"), ("fraud", "churn")])
def test_one_role_serves_all_by_the_tag_of_its_session(project: str, other: str, built: Any) -> None:
    """A session reaches the bucket and passes the roles of its project, and nothing of the other."""
    role = built(HEAD + BUCKETS + PEOPLE)["scientist"]
    own, foreign = f"arn:aws:s3:::acme-{project}/data/x", f"arn:aws:s3:::acme-{other}/data/x"
    roles = "arn:aws:iam::222222222222:role/ml-{}-compute"
    assert decided(role, "s3:PutObject", own, project) == decided(role, "s3:GetObject", own, project) == "Allowed"
    assert decided(role, "iam:PassRole", roles.format(project), project) == "Allowed"
    for action, resource in (
        ("s3:GetObject", foreign),
        ("s3:PutObject", foreign),
        ("iam:PassRole", roles.format(other)),
    ):
        assert decided(role, action, resource, project) == "ImplicitlyDenied"


def test_a_role_that_is_tagged_serves_one(built: Any) -> None:
    """The engineer of churn writes there, but not its models, passes its roles, and knows nothing of fraud."""
    role = built(HEAD + BUCKETS + PEOPLE)["engineer"]
    assert decided(role, "s3:PutObject", "arn:aws:s3:::acme-churn/code/x", "churn") == "Allowed"
    assert decided(role, "s3:PutObject", "arn:aws:s3:::acme-churn/models/x", "churn") == "ExplicitlyDenied"
    assert decided(role, "s3:GetObject", "arn:aws:s3:::acme-fraud/code/x", "churn") == "ImplicitlyDenied"
    for kind in ("compute", "pipeline"):
        passed = f"arn:aws:iam::222222222222:role/ml-churn-{kind}"
        assert decided(role, "iam:PassRole", passed, "churn") == "Allowed"


def test_parts_of_one_bucket(built: Any) -> None:
    """Jobs write to their project's part, people who are tagged with it too, and nobody but pipelines to its models."""
    roles = built(HEAD + PREFIXES + PEOPLE)
    place = "arn:aws:s3:::acme-shared/{}/{}"
    for name in ("churn-compute", "engineer"):
        assert decided(roles[name], "s3:PutObject", place.format("churn", "x"), "churn") == "Allowed"
        assert decided(roles[name], "s3:PutObject", place.format("churn", "models/x"), "churn") == "ExplicitlyDenied"
        assert decided(roles[name], "s3:GetObject", place.format("fraud", "x"), "churn") == "ImplicitlyDenied"
    assert decided(roles["churn-pipeline"], "s3:PutObject", place.format("churn", "models/x"), "churn") == "Allowed"
    assert decided(roles["scientist"], "s3:GetObject", place.format("fraud", "x"), "fraud") == "Allowed"
    assert decided(roles["scientist"], "s3:GetObject", place.format("churn", "x"), "fraud") == "ImplicitlyDenied"
    assert decided(roles["scientist"], "s3:PutObject", place.format("fraud", "models/x"), "fraud") == "ExplicitlyDenied"


def test_a_folder_by_tag_has_the_projects_name_alone(run: "Run") -> None:
    """With more around it, a tag could name the folder of somebody else."""
    text = HEAD + PREFIXES.replace("prefix: churn/*", "prefix: team-churn/*").replace(
        "prefix: fraud/*", "prefix: team-fraud/*"
    )
    Path("bp.yaml").write_text(text + PEOPLE, "utf-8")
    ran = run("build", "bp.yaml", "-o", "out")
    assert (ran.code, len(ran.errors)) == (2, 1)
    assert (
        "`churn` is not all of a folder's name in acme-shared/team-churn/; give each project a folder" in ran.errors[0]
    )


_DAY = [
    ("s3:ListBucket", "arn:aws:s3:::acme-shared", "fraud", "Allowed"),
    ("s3:PutObject", "arn:aws:s3:::acme-shared/fraud/notebooks/churn.ipynb", "fraud", "Allowed"),
    ("s3:AbortMultipartUpload", "arn:aws:s3:::acme-shared/fraud/data/part.parquet", "fraud", "Allowed"),
    ("s3:PutObject", "arn:aws:s3:::acme-shared/fraud/athena/result.csv", "fraud", "Allowed"),
    ("s3:GetObject", "arn:aws:s3:::acme-shared/fraud/models/model.tar.gz", "fraud", "Allowed"),
    ("s3:PutObject", "arn:aws:s3:::acme-shared/churn/notebooks/x.ipynb", "fraud", "ImplicitlyDenied"),
    ("s3:GetObject", "arn:aws:s3:::acme-shared/churn/athena/result.csv", "fraud", "ImplicitlyDenied"),
    ("s3:PutObject", "arn:aws:s3:::acme-shared/fraud/pipelines/step.py", "fraud", "ExplicitlyDenied"),
    ("s3:PutObject", "arn:aws:s3:::acme-shared/fraud/feature-store/x", "fraud", "ExplicitlyDenied"),
    ("s3:PutObject", "arn:aws:s3:::acme-shared/fraud/models/x", "fraud/models", "ExplicitlyDenied"),
    ("s3:PutObject", "arn:aws:s3:::sagemaker-eu-west-1-222222222222/x", "fraud", "ImplicitlyDenied"),
]


def test_a_day_in_a_part_of_a_bucket(built: Any) -> None:
    """Who serves all projects writes where its session's project works, but what its persona never writes."""
    scientist = built(HEAD + PREFIXES + PEOPLE)["scientist"]
    for action, resource, project, wanted in _DAY:
        assert decided(scientist, action, resource, project) == wanted, (action, resource, project)


@pytest.mark.parametrize(("trust", "bucket"), [
    ("tag: {Project: churn}", "acme-churn"),
    ('trust: ["saml:arn:aws:iam::222222222222:saml-provider/Okta?session-tags=Project"]',
     "acme-${aws:PrincipalTag/Project}"),
])  # fmt: skip
def test_a_role_without_a_bucket_of_its_own_works_in_the_projects(trust: str, bucket: str, built: Any) -> None:
    """Who writes named places of a work bucket alone (reports of monitors) writes those of the project's."""
    text = json.dumps(built(f"{HEAD}{BUCKETS}roles:\n  ml/ops: {{persona: mlops-engineer, {trust}}}\n")["ops"])
    assert f"arn:aws:s3:::{bucket}/model-monitor/monitoring/*" in text
    assert "arn:aws:s3:::sagemaker-eu-west-1-222222222222/model" not in text


@pytest.mark.parametrize("text", [HEAD + BUCKETS + PEOPLE, HEAD + PREFIXES + PEOPLE], ids=["buckets", "parts"])
def test_projects_are_proven(text: str, run: "Run") -> None:
    """Each flow that a project stands for is allowed by all that is built."""
    Path("bp.yaml").write_text(text + accepting(PEOPLE_REACH), "utf-8")
    ran = run("prove", "bp.yaml")
    assert (ran.code, ran.errors) == (0, [])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bucket: ml/acme-fraud", "bucket: ml/other",
         "bp.yaml:8: one role serves all projects by the tag Project, and `acme-churn in *`, `other in *` differ by more"
         " than the project's name; name them alike (acme-churn, acme-fraud), or tag the role with one project"),
        ("bucket: ml/acme-fraud", "bucket: data/acme-fraud",
         "bp.yaml:11: `ml/scientist` serves all projects by the tag Project, and `data/acme-fraud` is another account's; a"
         " bucket that a tag chooses has to be of ml: put the project's bucket there, give the role a `bucket`, or tag it"
         " with one project (tag: {Project: fraud})"),
        ("roles:\n", "roles:\n  ml/churn-compute: {tag: {Project: fraud}}\n",
         "bp.yaml:11: `ml/churn-compute` works for project `churn`, and is tagged with another; give it another name, or"
         " leave the tag out"),
        ("key: ml/churn-key", "key: ml/churn-kye", "bp.yaml:8: unknown key `ml/churn-kye`; did you mean ml/churn-key?"),
    ],
    ids=["names", "account", "tag", "key"],
)  # fmt: skip
def test_what_one_role_cannot_serve_is_said(old: str, new: str, message: str, run: "Run") -> None:
    """With the line of the project or of the role."""
    Path("bp.yaml").write_text((HEAD + BUCKETS + PEOPLE).replace(old, new), "utf-8")
    ran = run("build", "bp.yaml", "-o", "out")
    assert ran.code == 2
    assert message in ran.errors


def test_what_a_project_says_is_overridden_by_the_role(built: Any) -> None:
    """The nearest place that names a key has its value: the role, then the project, then the account."""
    text = HEAD + BUCKETS.replace("ml/acme-fraud}", "ml/acme-fraud, path: /fraud/, max_session: 2h}")
    roles = built(text + "roles:\n  ml/fraud-compute: {path: /own/}\n")
    assert (roles["fraud-compute"]["Path"], roles["fraud-compute"]["MaxSessionDuration"]) == ("/own/", 7200)
    assert roles["fraud-pipeline"]["Path"] == "/fraud/"
    assert roles["churn-compute"]["Path"] == "/"

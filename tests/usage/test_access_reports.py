"""AWS's own reports beside trails: their shapes by botocore's models, what each can tell, and that what was used wins."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from tests.events.support import ACCOUNT, ROLE, event
from tests.usage.test_tighten import document, used

from rolemgr.errors import InputError
from rolemgr.files.json import parse_json
from rolemgr.files.source import ANSWER_LIMITS, SourceFile
from rolemgr.usage.access_reports import AccessReport, read_reports
from rolemgr.usage.kept import disagreements, keep_reasons
from rolemgr.usage.tighten import tighten

WHEN = "2026-10-01T10:00:00+00:00"
DESCRIBE = event("DescribeModel", {"modelName": "m"}, eventTime="2026-11-02T08:00:00Z")
ALLOW = {"Sid": "All", "Effect": "Allow", "Resource": "*",
         "Action": ["sagemaker:DescribeModel", "sagemaker:CreateModel", "s3:GetObject", "s3:ListAllMyBuckets",
                    "ec2:CreateNetworkInterface", "kms:Decrypt"]}  # fmt: skip


def source(data: Any, name: str = "report.json") -> SourceFile:
    """Return *data* as a file of the AWS CLI."""
    return parse_json(json.dumps(data), name, ANSWER_LIMITS)


def accessed(*services: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return what get-service-last-accessed-details prints of *services*."""
    listed = [{"ServiceName": one["ServiceNamespace"], **one} for one in services]
    return {"JobStatus": "COMPLETED", "JobType": "ACTION_LEVEL", "JobCreationDate": WHEN, "JobCompletionDate": WHEN,
            "ServicesLastAccessed": listed, "IsTruncated": False, **fields}  # fmt: skip


def service(name: str, when: str | None = None, **actions: str | None) -> dict[str, Any]:
    """Return a service of such a report."""
    tracked = [{"ActionName": one, **({"LastAccessedTime": each} if each else {})} for one, each in actions.items()]
    told = {"LastAuthenticated": when, "LastAuthenticatedEntity": ROLE, "LastAuthenticatedRegion": "eu-west-1"}
    return {"ServiceNamespace": name, "TotalAuthenticatedEntities": int(bool(when)), **(told if when else {}),
            **({"TrackedActionsLastAccessed": tracked} if tracked else {})}  # fmt: skip


def finding(*details: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return what get-finding-v2 prints of a finding about the role."""
    return {"analyzedAt": WHEN, "createdAt": WHEN, "updatedAt": WHEN, "id": "f", "resource": ROLE, "status": "ACTIVE",
            "resourceType": "AWS::IAM::Role", "resourceOwnerAccount": ACCOUNT, "findingType": "UnusedPermission",
            "findingDetails": [{"unusedPermissionDetails": one} for one in details], **fields}  # fmt: skip


def kept(*reports: dict[str, Any], trail: Any = DESCRIBE) -> dict[str, str]:
    """Return the actions that stay without evidence, and why."""
    policy = document(ALLOW)
    use = used([trail], policy)
    found = tighten([policy], use, keep_reasons((), read_reports(map(source, reports), (ROLE,)), use))
    return {one.action: one.why for one in found.kept}


def test_the_shapes_are_those_of_the_services() -> None:
    """By botocore's models: no member is ours, and no time is one that they would not take."""
    session = botocore.session.get_session()
    for name, operation, data in (
        ("iam", "GetServiceLastAccessedDetails", accessed(service("s3", WHEN, ListAllMyBuckets=None))),
        ("accessanalyzer", "GetFindingV2", finding({"serviceNamespace": "s3", "actions": [{"action": "s3:x"}]})),
        ("accessanalyzer", "ListFindingsV2", {"findings": [{key: value for key, value in finding().items()
                                                            if key != "findingDetails"}]}),
    ):  # fmt: skip
        shape = session.get_service_model(name).operation_model(operation).output_shape
        assert not ParamValidator().validate(data, shape).has_errors()
        assert data.keys() <= shape.members.keys()


def test_no_access_to_a_service_tells_of_its_data_events() -> None:
    """Of those, and not of what AWS checks without a call, nor of keys that another service uses for the caller."""
    assert "data event" in kept()["s3:GetObject"]
    found = kept(accessed(service("s3"), service("ec2"), service("kms")))
    assert found.keys() == {"ec2:CreateNetworkInterface", "kms:Decrypt"}


def test_what_a_report_says_was_used_stays() -> None:
    """An action by its date; all of a service of which the trail has no call."""
    found = kept(accessed(service("sagemaker", WHEN, CreateModel=WHEN)))
    assert found["sagemaker:CreateModel"] == (
        "it was accessed on 2026-10-01 by IAM last accessed (report.json), which the trail does not show"
    )
    found = kept(accessed(service("s3", WHEN)))
    assert "s3 was accessed on 2026-10-01" in found["s3:ListAllMyBuckets"]
    assert "s3:ListAllMyBuckets" not in kept(accessed(service("s3", WHEN, ListAllMyBuckets=None)))


def test_of_two_reports_the_one_with_access_wins() -> None:
    """Whatever their order."""
    reports = [accessed(service("s3")), accessed(service("s3", WHEN))]
    assert "s3:GetObject" in kept(*reports)
    assert "s3:GetObject" in kept(*reversed(reports))


def test_a_finding_tells_of_its_actions() -> None:
    """A data event by a finding of its service; what was accessed since the trail began stays."""
    assert "s3:GetObject" not in kept(finding({"serviceNamespace": "s3"}))
    late = {
        "serviceNamespace": "sagemaker",
        "actions": [{"action": "sagemaker:CreateModel", "lastAccessed": "2026-11-05T00:00:00Z"}],
    }
    assert "sagemaker:CreateModel" in kept(finding(late))
    late["actions"] = [{"action": "sagemaker:CreateModel", "lastAccessed": "2025-11-05T00:00:00Z"}]
    assert "sagemaker:CreateModel" not in kept(finding(late))
    assert "s3:GetObject" in kept(finding({"serviceNamespace": "s3"}, status="RESOLVED"))


def test_where_sources_disagree_it_is_said() -> None:
    """What was used wins."""
    use = used([DESCRIBE], document(ALLOW))
    reports = read_reports(map(source, (
        accessed(service("sagemaker", None)), accessed(service("sagemaker", "2026-11-20T00:00:00Z")),
        finding({"serviceNamespace": "sagemaker", "actions": [{"action": "sagemaker:DescribeModel"}]}),
        {"findings": [{key: value for key, value in finding(findingType="UnusedIAMRole").items()
                       if key != "findingDetails"}]},
    )), (ROLE,))  # fmt: skip
    texts = list(disagreements(reports, use))
    assert len(texts) == 4
    assert "has no access to sagemaker, and the trail has calls" in texts[0]
    assert "sagemaker on 2026-11-20, after the trail's last call" in texts[1]
    assert "has no access to sagemaker:DescribeModel" in texts[2]
    assert "says that the role is not used" in texts[3]


def test_each_report_has_its_own_granularity_and_doubt() -> None:
    """Service or action; no access in the tracking period is not never; an age that nobody tells."""
    reports = read_reports(map(source, (accessed(service("s3")), accessed(service("s3", None, PutBucketTagging=None)),
                                        finding({"serviceNamespace": "s3"}))), (ROLE,))  # fmt: skip
    assert [one.source.granularity for one in reports] == [
        "service",
        "service, and action where IAM tracks it",
        "service",
    ]
    assert "is not never" in reports[0].source.why
    assert "does not tell the age" in reports[2].source.why


def test_what_a_report_leaves_out_is_said() -> None:
    """More pages; a list that does not tell the permissions."""

    def untold(data: Any) -> list[str]:
        return [text for one in read_reports([source(data)], (ROLE,)) for text in one.untold]

    assert "more pages" in untold(accessed(IsTruncated=True))[0]
    listed = {key: value for key, value in finding().items() if key != "findingDetails"}
    assert "get-finding-v2" in untold({"findings": [listed]})[0]
    assert "more pages" in untold({"findings": [], "nextToken": "x"})[0]


SERVICE = service("s3", WHEN, GetObject=WHEN)
UNUSED = {"serviceNamespace": "s3", "actions": [{"action": "s3:GetObject"}], "lastAccessed": WHEN}
SUMMARY = {key: value for key, value in finding().items() if key != "findingDetails"}


@pytest.mark.parametrize(
    "data",
    [
        accessed(SERVICE | {"LastAuthenticated": 1_790_000_000}),
        accessed(SERVICE | {"TrackedActionsLastAccessed": {}}),
        accessed(SERVICE | {"TrackedActionsLastAccessed": [{"ActionName": "GetObject", "LastAccessedTime": 1}]}),
        accessed(SERVICE | {"TrackedActionsLastAccessed": ["GetObject"]}),
        finding(UNUSED | {"actions": [{"action": "s3:GetObject", "lastAccessed": 1}]}),
        finding(UNUSED | {"actions": ["s3:GetObject"]}),
        finding(UNUSED | {"actions": "s3:GetObject"}),
        finding(UNUSED | {"actions": [], "lastAccessed": 1}),
        finding(UNUSED | {"serviceNamespace": None}),
        finding(findingDetails=["s3"]),
        finding(findingDetails=[{"newDetails": {}}]),
        {"findings": ["f"]},
        {"findings": [SUMMARY | {"status": "NEW"}]},
        {"findings": [SUMMARY | {"resource": None}]},
        {"findings": [SUMMARY | {"findingType": None}]},
    ],
    ids=str,
)  # fmt: skip
def test_what_can_not_be_read_is_not_unused(data: Any) -> None:
    """A time of another form, an entry without a name: it is said with its line, and nothing is unused by it."""
    found = read_reports([source(data)], (ROLE,))
    assert [text for one in found for text in one.untold if text.startswith("report.json:1")]
    assert "s3:GetObject" not in {name for one in found for name, when in one.actions.items() if when is None}
    assert "s3" not in {name for one in found for name, when in one.services.items() if when is None}


@pytest.mark.parametrize("kind", ["unusedIamRoleDetails", "externalAccessDetails", "unusedIamUserPasswordDetails"])
def test_findings_of_other_kinds_are_whole(kind: str) -> None:
    """They tell nothing of permissions, and nothing of them is missing."""
    (found,) = read_reports([source(finding(findingDetails=[{kind: {}}]))], (ROLE,))
    assert (found.untold, found.unused_role) == ((), kind == "unusedIamRoleDetails")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"Statement": []}, "is not evidence of use"),
        (accessed(JobStatus="IN_PROGRESS"), "the report is not done"),
        (accessed({**service("s3", WHEN), "LastAuthenticatedEntity": f"arn:aws:iam::{ACCOUNT}:role/other"}), "role/other, and not"),
        (finding(resource=f"arn:aws:iam::{ACCOUNT}:role/other"), "the finding is about"),
        (finding(status=None), "no status of AWS's"),
    ],
)  # fmt: skip
def test_what_is_no_evidence_is_refused(data: Any, message: str) -> None:
    """With file and line."""
    with pytest.raises(InputError, match=message) as caught:
        read_reports([source(data)], (ROLE,))
    assert str(caught.value).startswith("report.json:")


def test_a_report_is_data() -> None:
    """Equal where it tells the same."""
    first, second = (read_reports([source(accessed(service("s3")))], (ROLE,)) for _ in range(2))
    assert first == second
    assert isinstance(first[0], AccessReport)

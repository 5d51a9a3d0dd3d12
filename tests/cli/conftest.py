"""A catalog of one persona and two activity groups, small enough to know every line of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import UserCatalog

PERSONA = """\
title: Tester
description: Tries things out.
activity_groups:
  - read-files
  - run-jobs
"""
READ_DATA = """\
title: Read data
description: Reads objects from buckets.
parameters:
  data_buckets: {type: bucket, many: true, default: "data-{{ account }}", help: the buckets to read}
statements:
  - sid: ListBuckets
    actions: s3:ListBucket
    resources: "arn:{{ partition }}:s3:::{{ data_buckets }}"
  - sid: ReadObjects
    actions: [s3:GetObject]
    resources: ["arn:{{ partition }}:s3:::{{ data_buckets }}/*"]
"""
RUN_JOBS = """\
title: Run jobs
description: Starts and watches training jobs.
aws_activity: Manage ML jobs
parameters:
  job_names: {type: name-pattern, many: true, default: "*", help: names of the jobs}
  pass_roles:
    type: role-arn
    many: true
    default: "arn:{{ partition }}:iam::{{ account }}:role/sagemaker-compute"
    help: roles that jobs run as
statements:
  - sid: TrainingJobs
    actions:
      - sagemaker:CreateTrainingJob
      - sagemaker:DescribeTrainingJob
      - sagemaker:ListTrainingJobs
    resources: "arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:training-job/{{ job_names }}"
  - sid: PassRoles
    actions: iam:PassRole
    resources: "{{ pass_roles }}"
    conditions:
      StringEquals: {"iam:PassedToService": "sagemaker.{{ dns_suffix }}"}
"""


@pytest.fixture
def small_catalog(user_catalog: "UserCatalog") -> Path:
    """Write the catalog with the persona `tester` to ``catalog/``."""
    return user_catalog(
        {
            "personas/tester.yaml": PERSONA,
            "activity_groups/read-files.yaml": READ_DATA,
            "activity_groups/run-jobs.yaml": RUN_JOBS,
        }
    )

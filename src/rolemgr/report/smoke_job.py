"""The smallest training job of a role: the part of a script that runs only where it is asked for, and data."""

import json
import shlex
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

JOB: Final = "SMOKE-JOB"
"""What stands for the name of the job in a request: the script makes one that is new."""
OBJECT: Final = "SMOKE-OBJECT"
"""What stands for the object that the job reads: whoever runs the script names one."""
WORD: Final = "training-job"
"""What the script is given so that it runs the job."""


class TwinJob(NamedTuple):
    """The *request* for a job that must be denied, and the limit that it is *without*; None: it passes another role."""

    request: Mapping[str, Any]
    without: str | None


class SmokeJob(NamedTuple):
    """
    The *request* for the smallest training job, with `JOB` and `OBJECT` where only a run has values.

    Its name begins with *name*, its model goes below *output*. It runs on one instance of a *type*, for *seconds* at
    most. The *twin* must be denied.
    """

    request: Mapping[str, Any]
    name: str
    output: str
    type: str
    seconds: int
    twin: TwinJob

    @property
    def costs(self) -> str:
        """What AWS charges for it."""
        return f"one {self.type} for {self.seconds} seconds at most and for loading, and for a few requests of S3"


_NONE = """
if [ -n "${1:-}" ]; then
  echo "$1 is not a word that this script takes: there is no training job in it" >&2
  exit 2
fi
"""

_GUARD = """
case ${{1:-}} in
  '' | {word}) ;;
  *)
    echo "$1 is not a word that this script takes: give {word}, or nothing" >&2
    exit 2
    ;;
esac
if [ "${{1:-}}" = {word} ]; then
  case ${{SMOKE_OBJECT:?one object that the job reads, such as s3://BUCKET/KEY}} in
    *[!A-Za-z0-9/._:=-]* | s3://*/*/../* | s3:///*)
      echo "SMOKE_OBJECT is the URI of an object, such as s3://BUCKET/KEY, of letters, digits and /._:=-" >&2
      exit 2
      ;;
    s3://?*/?*) ;;
    *)
      echo "SMOKE_OBJECT is the URI of an object, such as s3://BUCKET/KEY" >&2
      exit 2
      ;;
  esac
fi
"""

_PART = """
# THE SMALLEST TRAINING JOB: IT COSTS MONEY. AWS charges for {costs}.
# It runs only where you say so:  SMOKE_OBJECT=s3://BUCKET/KEY sh smoke.sh {word}
# The job reads the one object that you name, which its execution role must be allowed to read. What it writes is
# deleted afterwards, and so is the job; its lines in the log group /aws/sagemaker/TrainingJobs stay.
training_job() {{
  job={name}-$(date -u +%Y%m%d%H%M%S)
  output={output}
  denied_job
  if ! answer=$(aws sagemaker create-training-job {request} 2>&1 >/dev/null); then
    case $answer in
      *AccessDenied* | *'not authorized'*) echo "WRONG   training-job: it is denied: $answer"; wrong=1 ;;
      *) echo "?       training-job: $answer"; untold=1 ;;
    esac
    return
  fi
  trap 'aws sagemaker stop-training-job --training-job-name="$job"; exit 2' INT TERM
  aws sagemaker wait training-job-completed-or-stopped --training-job-name="$job" || true
  trap - INT TERM
  status=$(aws sagemaker describe-training-job --training-job-name="$job" \\
    --query '[TrainingJobStatus,FailureReason]' --output text) || status='not known'
  case $status in
    InProgress*) aws sagemaker stop-training-job --training-job-name="$job" || true ;;
  esac
  case $status in
    Completed*) echo "ok      training-job: $job read $SMOKE_OBJECT and wrote $output/$job" ;;
    *) echo "WRONG   training-job: $job: $status"; wrong=1 ;;
  esac
  aws s3 rm --recursive --only-show-errors "$output/$job/" || echo "left    training-job: delete $output/$job/"
  aws sagemaker delete-training-job --training-job-name="$job" ||
    echo "left    training-job: delete the training job $job"
}}

# Its twin {twin}: it must be denied. Where it is not, it is stopped at once.
denied_job() {{
  if answer=$(aws sagemaker create-training-job {denied} 2>&1 >/dev/null); then
    echo "WRONG   training-job: its twin {twin} is allowed"
    wrong=1
    aws sagemaker stop-training-job --training-job-name="$job-twin" || true
    return
  fi
  case $answer in
    *AccessDenied* | *'not authorized'*) echo "ok      training-job: its twin {twin} is denied" ;;
    *) echo "?       training-job: its twin {twin}: $answer"; untold=1 ;;
  esac
}}
if [ "${{1:-}}" = {word} ]; then
  training_job
else
  echo "-       training-job: it costs money, and was not run: SMOKE_OBJECT=s3://BUCKET/KEY sh smoke.sh {word}"
fi
"""


def guard_text(job: SmokeJob | None) -> str:
    """Return the lines that refuse what the script does not take, before it calls anything."""
    return _GUARD.format(word=WORD) if job else _NONE


def job_text(job: SmokeJob) -> str:
    """Return the part of the script that runs *job* where that is asked for, and cleans up."""
    twin = f"without {job.twin.without}" if job.twin.without else "with a role that it may not pass"
    return _PART.format(
        costs=job.costs, word=WORD, name=shlex.quote(job.name), output=shlex.quote(job.output), twin=twin,
        request=_input(job.request, "$job"), denied=_input(job.twin.request, "$job-twin"),
    )  # fmt: skip


def _input(request: Mapping[str, Any], name: str) -> str:
    """Return the option with the *request*, one word for a shell, in which variables stand for what a run knows."""
    quoted = shlex.quote(json.dumps(request, separators=(",", ":")))
    for placeholder, value in ((JOB, name), (OBJECT, "$SMOKE_OBJECT")):
        quoted = quoted.replace(f'"{placeholder}"', f'"\'"{value}"\'"')
    return f"--cli-input-json={quoted}"


def job_data(job: SmokeJob) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "costs": job.costs,
        "name_begins_with": job.name,
        "output": job.output,
        "stands_for": {"job": JOB, "object": OBJECT},
        "request": job.request,
        "denied": {"without": job.twin.without, "request": job.twin.request},
    }

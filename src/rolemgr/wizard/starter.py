"""The starter file: what was answered, and every other key as a comment that is valid when it is uncommented."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from rolemgr.errors import MissingValueError, Problems, RolemgrError
from rolemgr.files.write import to_yaml
from rolemgr.wizard.answers import Answers, in_a_file, spec_of
from rolemgr.wizard.dialogue import Judge

_KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_EXAMPLES: Mapping[str, Any] = {
    "name": "churn",
    "account": "123456789012",
    "region": "eu-west-1",
    "add": ("use-mlflow",),
    "remove": ("tune-hyperparameters",),
    "parameter": {"job_names": ("churn-*",)},
    "bucket": ("acme-churn",),
    "pass_role": ("self",),
    "data_key": (_KEY,),
    "volume_key": (_KEY,),
    "subnet": ("subnet-0a1b2c3d",),
    "security_group": ("sg-0a1b2c3d",),
    "guardrail": {"max-runtime": ("12h",), "network-isolation": ()},
    "guardrail_profile": ("encrypted",),
    "no_default_guardrails": True,
    "strict": True,
    "kms_key_names": "arn",
    "abac": ("Project",),
    "abac_buckets": True,
    "tag": {"Project": "churn"},
    "trust": ("sagemaker",),
    "boundary": "arn:aws:iam::aws:policy/PowerUserAccess",
    "inline": "no",
    "with_boundary": True,
    "path": "/ml/",
    "description": "Data scientist of the churn project.",
    "max_session": "8h",
    "expires": "2099-12-24T18:00Z",
}
_HEAD = (
    "What rolemgr's commands take in this folder and those below, where no flag, role file or ROLEMGR_* variable"
    " says otherwise. Each key is an option of `rolemgr create`; `rolemgr schema role` prints the format."
)
_ROLE_HEAD = (
    "A role file: `rolemgr create FILE` renders its role. Each key is an option of `rolemgr create`; `rolemgr schema"
    " role` prints the format."
)
_WIDTH = 100


def starter_text(answers: Answers, helps: Mapping[str, str], judge: Judge, *, is_role_file: bool = False) -> str:
    """
    Return the text of a ``rolemgr.yaml``, or of a role file, with *answers*, and the keys of *helps*.

    Each key has what *helps* says of it.

    An example is given where it makes a role together with the *answers*, if need be with other keys (a tag
    key for ABAC wants its tag).
    """
    parts = ["\n".join(_comment(_ROLE_HEAD if is_role_file else _HEAD))]
    for key, help_text in helps.items():
        text = help_text.replace("; repeatable", "")
        if key in answers.choices:
            parts.append("\n".join([*_comment(text), *_lines(key, answers.choices[key])]))
        elif key in _EXAMPLES and _fits(answers.put((key,), _EXAMPLES[key]), judge):
            parts.append("\n".join([*_comment(text), *(f"# {line}" for line in _lines(key, _EXAMPLES[key]))]))
        else:
            parts.append("\n".join([*_comment(text), f"# {key}:"]))
    return "\n\n".join(parts) + "\n"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, _WIDTH, break_on_hyphens=False)]


def _lines(key: str, value: Any) -> Iterator[str]:
    yield from to_yaml({key: in_a_file(key, value)}).splitlines()


def _fits(answers: Answers, judge: Judge) -> bool:
    """Tell whether *answers* make a role, or would with values that are still missing."""
    try:
        judge(spec_of(answers))
    except Problems as error:
        return all(isinstance(one, MissingValueError) for one in error.problems)
    except RolemgrError as error:
        return isinstance(error, MissingValueError)
    return True

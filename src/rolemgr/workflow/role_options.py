"""
The options that choose a role, as data: the same for every command that takes them.

Each is a key of a role file under the same name.
"""

import os
import re
from collections.abc import Mapping, Sequence
from glob import glob, has_magic
from typing import Any, NamedTuple

from rolemgr.errors import InputError, SourceLocation


class RoleOption(NamedTuple):
    """One option of a role: its *key* in a role file, and how it reads on the command line."""

    key: str
    metavar: str
    help: str
    many: bool = False
    pairs: bool = False
    """KEY=VALUE, collected in a mapping; in ``--parameter`` with several values behind the ``=``."""
    switch: bool = False
    """No value: there or not."""

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + self.key.replace("_", "-")

    @property
    def variable(self) -> str:
        """The variable of the environment that sets it."""
        return "ROLEMGR_" + self.key.upper()


ROLE_OPTIONS = (
    RoleOption("persona", "NAME", "A built-in persona, or one from --catalog."),
    RoleOption("role", "FILE", "A role file: these options as YAML; - is stdin."),
    RoleOption("add", "GROUP", "An activity group on top of the persona's; repeatable.", many=True),
    RoleOption("remove", "GROUP", "An activity group to leave out; repeatable.", many=True),
    RoleOption("parameter", "KEY=VALUE[,VALUE...]", "A parameter of the chosen groups; repeatable.", pairs=True),
    RoleOption("bucket", "NAME", "A bucket to read data from and write work to; repeatable.", many=True),
    RoleOption("pass_role", "ARN|self", "The role that jobs run as; repeatable.", many=True),
    RoleOption("data_key", "ARN", "A KMS key that data is encrypted with; repeatable.", many=True),
    RoleOption("volume_key", "ARN", "A KMS key that disks are encrypted with; repeatable.", many=True),
    RoleOption("subnet", "ID", "A subnet that jobs and models must run in; repeatable.", many=True),
    RoleOption("security_group", "ID", "A security group that they must run with; repeatable.", many=True),
    RoleOption(
        "guardrail", "NAME[=VALUE[,VALUE...]]", "A guardrail, such as max-runtime=24h; repeatable.", pairs=True
    ),
    RoleOption("guardrail_profile", "NAME", "A ready set of guardrails; repeatable.", many=True),
    RoleOption("no_default_guardrails", "", "Leave out the persona's own guardrail profile.", switch=True),
    RoleOption("strict", "", "Deny what a guardrail can't narrow.", switch=True),
    RoleOption("kms_key_names", "both|arn|legacy", "The names of SageMaker's KMS condition keys to deny under."),
    RoleOption("abac", "TAG_KEY", "Only resources with the caller's value of this tag; repeatable.", many=True),
    RoleOption("abac_buckets", "", "Only buckets with that tag; needs S3's ABAC switched on.", switch=True),
    RoleOption("tag", "KEY=VALUE", "A tag of the role; repeatable.", pairs=True),
    RoleOption(
        "trust", "KIND[:VALUE][?k=v&k=v]",
        "Who may take it: sagemaker, service:NAME, account:ID, user|role|saml|oidc:ARN, github:ORG/REPO; repeatable.",
        many=True,
    ),
    RoleOption("break_separation", "REASON", "Allow what the persona must never do; the reason becomes a tag."),
    RoleOption("boundary", "ARN", "The managed policy that bounds the role: AWS's, or of its account."),
    RoleOption("inline", "yes|no", "Whether policies stand in the role; no makes managed ones, with the Denies apart."),
    RoleOption("with_boundary", "", "Make a boundary with the role: the most that it can ever have.", switch=True),
    RoleOption("managed_policy", "ARN", "A managed policy to attach, AWS's or of its account; repeatable.", many=True),
    RoleOption("name", "NAME", "The role's name; sagemaker-PERSONA unless given."),
    RoleOption("path", "PATH", "The role's path, such as /ml/; / unless given."),
    RoleOption("description", "TEXT", "The role's description; the persona's unless given."),
    RoleOption("max_session", "DURATION", "How long a session may last, 1h to 12h; 1h unless given."),
    RoleOption("expires", "TIME", "When the role ends, such as 2026-12-24T18:00Z: a Deny of everything from then on."),
    RoleOption("account", "ID", "The account of the role."),
    RoleOption("region", "NAME", "The region of the role's resources."),
    RoleOption("partition", "aws|aws-cn|aws-us-gov", "The partition; the region's unless given."),
    RoleOption("catalog", "DIR", "A catalog folder of yours: personas/, activity_groups/ ...; repeatable.", many=True),
)  # fmt: skip
BY_KEY = {option.key: option for option in ROLE_OPTIONS}

_NAME = re.compile("[a-z][a-z0-9-]+")
"""What looks like the name of a persona, and not like a file's."""

MANY_FILES = RoleOption(
    "role", "FILE", "A role file: these options as YAML; - is stdin. Repeatable, and a quoted pattern stands for many.",
    many=True,
)  # fmt: skip


def is_pattern(name: str) -> bool:
    """
    Tell whether *name* stands for files by wildcards; a file or folder of that name is meant itself.

    It is not meant alone where others match too: whoever adds a file called ``*.json`` must not hide them.
    """
    return has_magic(name) and (not os.path.lexists(name) or any(one != name for one in matches_of(name)))


def matches_of(pattern: str) -> list[str]:
    """Return the files and folders that *pattern* matches, sorted, with one of that very name; ``**`` goes through."""
    beside = [pattern] if os.path.lexists(pattern) else []
    return sorted({*glob(pattern, recursive=True), *beside})  # noqa: PTH207 - the pattern may be absolute


def is_directory(name: str) -> bool:
    """Tell whether *name* is a folder, which stands for the role files in it."""
    return os.path.isdir(name)  # noqa: PTH112 - never raises


def many_roles(chosen: Mapping[str, Any]) -> bool:
    """Tell whether what `roles_options` collected names several role files, or a pattern for any number."""
    return len(chosen["role"]) > 1 or any(is_pattern(name) or is_directory(name) for name in chosen["role"])


def one_role(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `roles_options` collected, of one role file at most, as `role_options` would have."""
    files = chosen["role"]
    return {**chosen, "role": files[0] if files else None}


def with_role_files(files: Sequence[str], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what `roles_options` collected with the role *files* that stand without ``--role``.

    Raises InputError for a persona or a role file by an option beside them: each file is a role by itself.
    """
    if not files:
        return dict(chosen)
    if given := next((key for key in ("role", "persona") if chosen[key]), None):
        raise InputError(SourceLocation(f"--{given}"), "goes without role files; each of these is a role")
    for name in files:
        if _NAME.fullmatch(name) and not os.path.lexists(name):
            raise InputError(
                SourceLocation(name), "there is no such file", _persona_meant(name, chosen.get("catalog") or ())
            )
    return {**chosen, "role": tuple(files)}


def _persona_meant(name: str, catalogs: Sequence[str]) -> str:
    """Return which persona *name* stands for, or is near, of the built-in ones and those in the folders *catalogs*."""
    from rolemgr.workflow.near_names import near_persona  # only a wrong name pays for it

    near = near_persona(name, catalogs)
    return f"did you mean --persona {near}?" if near else "a persona is given with --persona: `rolemgr list personas`"


def given_flag(chosen: Mapping[str, Any]) -> str | None:
    """Return the flag of the first option in *chosen* that somebody gave, or None."""
    given = next((key for key, value in chosen.items() if value not in (None, (), False)), None)
    return f"--{given.replace('_', '-')}" if given else None

"""
Text that a program was to fill in before the policy was saved, and has not: `{{ bucket }}`, `ACCOUNT_ID`, `$BUCKET`.

IAM takes it as it stands. Policy variables (`${aws:username}`) and what CloudFormation fills in (`{{resolve:...}}`)
are none of it. Names differ in what they may hold, so that some signs are looked for only where no name has them.
"""

import re
from functools import lru_cache
from typing import Final

from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import as_pattern, key_variables_in, known_variables_in

_EVERYWHERE: Final = re.compile(
    r"(?<![{$])\{\s*[A-Za-z_][\w.]*\s*\}(?!\})"
    r"|\{\{(?!\s*resolve:)[^{}]*\}\}|\{%[^{}]*%\}|<%?=?\s*[A-Za-z_][\w.\s-]*%?>"
    r"|\(\([A-Za-z_][\w.-]*\)\)|__[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*__|@[A-Z][A-Z0-9_]*@"
    r"|%s|%\(\w+\)s|\$(?!LATEST(?![A-Za-z])|DEFAULT(?![A-Za-z]))[A-Z][A-Z0-9_]+(?![A-Za-z0-9_])"
    r"|(?<![A-Za-z0-9])(?:(?:AWS[_-]?)?ACCOUNT[_-]?ID|BUCKET[_-]?NAME|PLACEHOLDER|TODO|FIXME|YOUR[_-][A-Z0-9_-]+"
    r"|(?i:replace|change)[_-]?(?i:me))(?![A-Za-z0-9])"
)
"""What templates, format strings, shells and people leave, in any text."""

_IN_STRICT_NAMES: Final = re.compile(r"\$[A-Za-z_]\w*|\[[A-Za-z_][\w -]*\]")
_STRICT: Final = frozenset({"iam", "sts", "sagemaker", "s3", "kms", "ecr", "secretsmanager"})
"""
Services whose names have neither a dollar nor brackets; of S3 the names of buckets.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
"""

_NO_ACCOUNT: Final = re.compile(r"(?![^*?]*[*?])(?s:.*?)(?:[A-Z]|account|your)(?s:.*)|[xX]+")
"""An account that stands for one: AWS's own aliases (`aws`, `cloudfront`) are lower-case words of another kind."""


@lru_cache(maxsize=16_384)
def left_over(text: str) -> str | None:
    """Return the part of *text*, an ARN or another value, that something was to fill in; None without one."""
    if found := _EVERYWHERE.search(text):
        return found[0]
    arn = Arn.parse(as_pattern(text)) if text.startswith("arn:") else None
    if arn is None:
        return None
    if _NO_ACCOUNT.fullmatch(arn.account):
        return arn.account
    name = arn.resource.partition("/")[0] if arn.service == "s3" else arn.resource
    found = _IN_STRICT_NAMES.search(name) if arn.service in _STRICT else None
    return found[0] if found else None


@lru_cache(maxsize=16_384)
def other_tools_variable(text: str) -> str | None:
    """
    Return the first `${...}` of *text* that names no condition key, as `${Bucket}` or `${var.bucket}`; None without.

    Every key has a prefix and a colon.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-infotouse
    """
    of_keys = {one.spelling for one in key_variables_in(text)}
    return next((f"${{{one.spelling}}}" for one in known_variables_in(text) if one.spelling not in of_keys), None)

"""RM0: the check itself, and what it was told to suppress; `check.config` finds these."""

from rolemgr.check.finding import Severity
from rolemgr.check.rule import Rule

UNUSED_SUPPRESSION = Rule(
    "RM001", "unused-suppression", Severity.SUGGESTION, "a suppression suppresses nothing",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html",
    "An entry under `suppress` matched no finding, though its files were checked.\n"
    "What it excused is gone: remove it, so that it does not excuse the next one.",
)  # fmt: skip
CATALOG_ENTRY = Rule(
    "RM003", "catalog-entry-refused", Severity.ERROR, "no role can be made of a catalog's entry",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html",
    "An entry of a catalog folder is misspelt, contradicts AWS's reference, or breaks what a persona must never do,\n"
    "so that `create` would refuse it. It is judged on top of the built-in catalog.",
)  # fmt: skip
CATALOG_WEAKER = Rule(
    "RM004", "catalog-entry-forbids-less", Severity.SECURITY_WARNING, "an entry replaces another and forbids less",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html",
    "A separation or persona of a catalog folder has the name of one that is there, and so takes its place, also for\n"
    "the personas that list or extend it: what the other forbade and this one does not is open to all of them.\n"
    "Give it a name of its own; a persona that extends another is let off an entry under `allow_despite`.",
)  # fmt: skip
CATALOG_SCOPE = Rule(
    "RM005", "guardrail-scope-leaves-out", Severity.WARNING, "a guardrail's scope leaves out what carries its keys",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html",
    "A Deny on `supported` actions judges those of the guardrail's scope. Other actions that make or change the same\n"
    "things carry its condition keys too, and are not denied: a wrong tag on an endpoint, or a tag changed later.\n"
    "Add a scope that has them (`tags` has all that SageMaker tags), or name each under `bypassed_by` with the reason.",
)  # fmt: skip
EXPIRED_SUPPRESSION = Rule(
    "RM002", "expired-suppression", Severity.WARNING, "a suppression has expired",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html",
    "The day under `expires` is past, so that what it suppressed is reported again.\n"
    "Mend the policy, or give a new reason and a new day.",
)  # fmt: skip

"""Ways that an audit does not look for: where nothing is found, these are named, since nobody asked."""

from typing import Final

OF_PRINCIPALS: Final = (
    "an older version of a policy that is put in force again (iam:SetDefaultPolicyVersion)",
    "a tag that a principal gives itself, or a role (iam:TagUser, iam:TagRole)",
    "what others own in services that are not in the list of docs/audit.md (eks:CreatePodIdentityAssociation, "
    "rolesanywhere:CreateTrustAnchor ...)",
)
"""Ways to become more, beside those that are looked for."""
OF_RESOURCES: Final = (
    "who may write or take away the policy of the resource, and with it a Deny (s3:PutBucketPolicy, "
    "s3:DeleteBucketPolicy, kms:PutKeyPolicy ...)",
)
"""Ways to a resource, beside those that are looked for."""


def sentence(*ways: str) -> str:
    """Return *ways* as a line for a page that has nothing else to tell."""
    return f"not looked for: {'; '.join(ways)}"

"""Ways that an audit does not look for: where nothing is found, these are named, since nobody asked."""

from typing import Final

OF_PRINCIPALS: Final = (
    "tags of a session that a user makes for itself (sts:GetFederationToken)",
    "a Deny that is taken off another principal before that is assumed",
    "IAM Identity Center and the root users of member accounts (sso:CreateAccountAssignment, sts:AssumeRoot ...)",
    "another name or path that a pattern of ARNs lets in (iam:UpdateUser, a role that is made to fit a trust)",
    "an identity provider under a name that a trust has (iam:CreateSAMLProvider, iam:UpdateSAMLProvider)",
    "SCPs that the management account takes off (organizations:DetachPolicy)",
    "code that others run, and credentials that lie about (objects of S3, images of ECR, secrets)",
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

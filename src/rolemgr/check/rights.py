"""What gives its caller more rights than the policy seems to give, by how."""

from collections.abc import Mapping

RIGHTS: Mapping[str, tuple[str, ...]] = {
    "rewrites a policy": ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"),
    "attaches a policy": (
        "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy",
        "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy",
    ),
    "takes a boundary off": ("iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary",
                             "iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"),
    "becomes someone else": ("iam:AddUserToGroup", "iam:CreateAccessKey", "iam:CreateLoginProfile",
                             "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile",
                             "iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential",
                             "iam:UpdateSAMLProvider"),
}  # fmt: skip

OF_THE_ORGANIZATION: Mapping[str, tuple[str, ...]] = {
    "gives rights in other accounts": (
        "identitystore:CreateGroupMembership", "sso:AttachCustomerManagedPolicyReferenceToPermissionSet",
        "sso:AttachManagedPolicyToPermissionSet", "sso:CreateAccountAssignment",
        "sso:DeletePermissionsBoundaryFromPermissionSet", "sso:PutInlinePolicyToPermissionSet",
        "sso:PutPermissionsBoundaryToPermissionSet",
    ),
    "leaves the organization's policies behind": (
        "organizations:DetachPolicy", "organizations:DisablePolicyType", "organizations:LeaveOrganization",
        "organizations:UpdatePolicy",
    ),
}  # fmt: skip
"""The same through the organization, for who is in its management account; a NotAction is not asked about them."""

ON_ITSELF = ("rewrites a policy", "attaches a policy", "takes a boundary off")
"""What gives its caller every right also where it can do it to itself alone; its own keys are its own."""

TAKES_OFF: tuple[str, ...] = (
    "iam:DeleteGroupPolicy", "iam:DeleteRolePolicy", "iam:DeleteUserPolicy",
    "iam:DetachGroupPolicy", "iam:DetachRolePolicy", "iam:DetachUserPolicy", "iam:RemoveUserFromGroup",
)  # fmt: skip
"""
What takes a policy off its holder, and with it a Deny.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html
"""

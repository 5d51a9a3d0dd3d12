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
                             "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile"),
}  # fmt: skip

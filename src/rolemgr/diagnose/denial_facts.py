"""What a denial says beyond action and resource, in words."""

from collections.abc import Iterator

from rolemgr.diagnose.denial_message import DECODE, Denial, DenialKind, DenyingPolicy
from rolemgr.diagnose.denial_services import CIPHERTEXT, ELSEWHERE


def facts(denial: Denial) -> Iterator[str]:
    """Yield what *denial* says beyond action and resource, in words."""
    if denial.policy_type:
        how = {True: "explicitly denies it", False: "does not allow it", None: "does not allow it, or denies it"}
        arn = f" ({denial.policy_arn})" if denial.policy_arn else ""
        article = "an" if denial.policy_type is DenyingPolicy.IDENTITY else "a"
        yield f"AWS says that {article} {denial.policy_type}{arn} {how[denial.explicit]}"
    elif denial.explicit:
        yield "AWS says that it is an explicit deny, not in which policy"
    yield from (f"AWS names {one}" for one in denial.statements)
    if denial.may_be_cut:
        yield f"{denial.resource} ends with its line, and may go on in the next: give --resource where it does"
    if denial.through:
        yield f"AWS says that the VPC endpoint's policy denies it because of a {denial.through}"
    if denial.setting:
        yield f"AWS says that the setting {denial.setting} of S3 Block Public Access prevents it"
    if denial.encoded:
        yield f"the encoded part says more: {DECODE}"
        yield "give what it prints to diagnose: it has the resource and the condition keys"
    if denial.kind is DenialKind.ROLE_CHECK:
        yield "the SDK asked iam:SimulatePrincipalPolicy, which can't judge conditions of SCPs: it may be wrong"
    if denial.others:
        yield f"the file has {denial.others} more denied call{'s' if denial.others > 1 else ''}: the first is diagnosed"
    yield from _same_where_missing(denial)


def _reads_a_missing_object(denial: Denial, action: str) -> bool:
    """
    Tell whether the answer may be that of an object that is not there.

    Amazon S3 then asks s3:ListBucket; where AWS says which policy denies s3:GetObject itself, it is about that.
    """
    if action == "s3:listbucket":
        return denial.operation in ("GetObject", "HeadObject")
    return action == "s3:getobject" and denial.policy_type is None


def _same_where_missing(denial: Denial) -> Iterator[str]:
    """
    Yield what else can be wrong: AWS gives the same answer where the thing does not exist.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_Permissions
    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html
    """
    action = (denial.action or "").lower()
    if action == "sts:assumerole" and denial.policy_type in (None, DenyingPolicy.TRUST):
        if denial.policy_type is None:
            yield "AWS does not say which policy: it may be the role's trust policy, which must allow the caller"
            yield "or the caller's own, which must allow it unless the trust policy names a caller of its own account"
        yield "the role may not exist: AWS answers the same then"
    if _reads_a_missing_object(denial, action):
        yield "the object may not exist: without s3:ListBucket on its bucket, Amazon S3 answers the same then"
    if CIPHERTEXT.search(denial.message) or (action.startswith("kms:") and ELSEWHERE.search(denial.message)):
        yield "the key may not exist, or be in another region: AWS KMS answers the same then"
    if denial.kind is DenialKind.PULL:
        yield "the login may have ended: it is good for 12 hours, and Amazon ECR answers the same then"
    if denial.kind in (DenialKind.IMAGE, DenialKind.PULL):
        yield "the image may not exist: AWS answers the same then"

"""Whether who was denied is the role that is asked about: another role's policies say nothing of a denial."""

from rolemgr.diagnose.denial_message import Denial
from rolemgr.iam.arn import Arn
from rolemgr.model.spec import RoleSpec

_OF_IDENTITY_CENTER = "AWSReservedSSO_"


def other_caller(denial: Denial | None, spec: RoleSpec) -> str | None:
    """
    Return that *denial* is of somebody else than the role of *spec*, or None where it is of that role or not known.

    A caller that wants to assume the role is somebody else. A permission set's role has its name within its own.
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    asks = Arn.parse(denial.principal or "") if denial else None
    if denial is None or asks is None or asks.service not in ("iam", "sts"):
        return None
    if (denial.action or "").lower().startswith("sts:assumerole"):
        return None
    kind, _, rest = asks.resource.partition("/")
    name = rest.partition("/")[0] if kind == "assumed-role" else rest.rpartition("/")[2]
    same = kind in ("role", "assumed-role") and _is_of(name, spec.role_name)
    if same and asks.account in (spec.account, ""):
        return None
    role = f"the role `{spec.role_name}` of account {spec.account}"
    return f"AWS denied {denial.principal}, which is not {role}: what follows is said of that role"


def _is_of(name: str, role: str) -> bool:
    return name == role or name.startswith(f"{_OF_IDENTITY_CENTER}{role}_")

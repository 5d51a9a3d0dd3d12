"""What somebody chose for controls: by hand, and by the role files that say what is meant to be."""

from dataclasses import dataclass

from rolemgr.compose.guardrails.choice import ChosenGuardrail


@dataclass(frozen=True)
class TrustedBy:
    """Whom the role with the ARN *role* means to let in from outside of its account."""

    role: str
    principals: tuple[str, ...] = ()
    """Accounts and ARNs of roles."""
    federated: tuple[str, ...] = ()
    """ARNs of identity providers."""


@dataclass(frozen=True)
class ControlValues:
    """What controls are made for."""

    tag_keys: tuple[str, ...] = ()
    guardrails: tuple[ChosenGuardrail, ...] = ()
    passed_roles: tuple[str, ...] = ()
    """ARNs of roles that are meant to be passed; * and ? as in IAM."""
    trusts: tuple[TrustedBy, ...] = ()
    buckets: tuple[str, ...] = ()
    stop: bool = False
    remediate: bool = False
    unused: tuple[str, ...] = ()
    """ARNs of roles that are meant to lie idle, such as break-glass."""
    partition: str = "aws"
    """Where forms go whose texts CloudFormation does not fill."""

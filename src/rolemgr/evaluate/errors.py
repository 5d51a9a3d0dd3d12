"""What evaluation refuses: silence about any of these would be a wrong decision."""

from rolemgr.errors import InputError


class PolicyError(InputError):
    """A policy says what IAM would not accept: an unknown operator, a number that is none ..."""


class RequestError(InputError):
    """A request that nobody could send: no action, several values where one belongs ..."""


class LayerError(InputError):
    """A policy that cannot be evaluated offline, for what it says is known to AWS only; it is never just left out."""

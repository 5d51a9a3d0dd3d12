"""
The condition keys of a recorded call: their values, that the request had none, or that the event does not tell.

A key that the event has no place for is unknown, as is what CloudTrail hides, cuts off or leaves out: it is never taken
to be absent.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final, TypeAlias

from rolemgr.evaluate.known import known_keys
from rolemgr.events.call import RecordedCall, object_in, text_in
from rolemgr.events.facts import facts
from rolemgr.events.resources import is_hidden, texts_at, trail_name
from rolemgr.iam.arn import ACCOUNT_ID
from rolemgr.iam.limits import PRIVATE
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.services import find_action
from rolemgr.reference.support import known_key

Told: TypeAlias = tuple[str, ...] | None
"""The values of a condition key, empty where the request had none; None where nobody tells."""
ABSENT: Final[tuple[str, ...]] = ()
_CUT_OFF: Final = 1024
"""CloudTrail cuts a user agent off at 1 KB."""


def key_of_call(call: RecordedCall, key: str, action: str, operation: str) -> Told:
    """
    Return what *call* tells of the lower-case condition *key* in its request for *action*.

    *operation* is the name of the call without a version. The keys of the resource's account, tags and organization
    are not among them.
    """
    if key.startswith("aws:requesttag/"):
        tags = _tags(call, action)
        return None if tags is None else _tag(tags, key.partition("/")[2])
    if key == "aws:tagkeys":
        return _tag_keys(call, action)
    if read := _READ.get(key):
        return read(call)
    if key in _only("only_service_principals"):
        return ABSENT if call.principal.kind in _OF_ACCOUNTS else None
    if key in _only("only_through_endpoints"):
        return ABSENT if _is_direct(call) else None
    if key.startswith("aws:"):
        return _of_principal(call, key)
    return _of_service(call, key, action, operation)


_OF_ACCOUNTS: Final = frozenset({"IAMUser", "AssumedRole", "Root", "FederatedUser", "Role"})


@lru_cache(maxsize=8)
def _only(name: str) -> frozenset[str]:
    return frozenset(map(str.lower, facts("context")["session"][name]))


def _identity(call: RecordedCall) -> Mapping[str, Any]:
    return object_in(call.event, "userIdentity")


def _session(call: RecordedCall) -> Mapping[str, Any]:
    return object_in(_identity(call), "sessionContext")


def _one(value: str | None) -> Told:
    return None if value is None or is_hidden(value) else (value,)


def _address(call: RecordedCall) -> str | None:
    """Return the address that the call came from; None where a service's name, or nothing, stands there."""
    found = text_in(call.event, "sourceIPAddress")
    try:
        return str(ip_address(found)) if found else None
    except ValueError:
        return None


def _endpoint(call: RecordedCall) -> str | None:
    found = text_in(call.event, "vpcEndpointId")
    return found if found and found.startswith("vpce-") else None


def _is_direct(call: RecordedCall) -> bool:
    """Tell whether the call is known not to have come through a VPC endpoint: from a public address."""
    address = _address(call)
    told = not {"vpcEndpointId", "sourceIPAddress"} & call.untold and not call.event.get("vpcEndpointId")
    return told and address is not None and not _is_of_a_vpc(address) and not _via_service(call)


def _is_of_a_vpc(address: str) -> bool:
    """Tell whether *address* may be one inside of a VPC, as no address on the internet is."""
    found = ip_address(address)
    return any(found in network for network in PRIVATE if network.version == found.version)


def _via_service(call: RecordedCall) -> bool:
    return text_in(_identity(call), "invokedBy") is not None


def _source_ip(call: RecordedCall) -> Told:
    if _endpoint(call):
        return ABSENT
    return _one(_address(call)) if _is_direct(call) else None


def _vpc_source_ip(call: RecordedCall) -> Told:
    return _one(_address(call)) if _endpoint(call) else ABSENT if _is_direct(call) else None


def _source_vpce(call: RecordedCall) -> Told:
    found = _endpoint(call)
    return (found,) if found else ABSENT if _is_direct(call) else None


def _user_agent(call: RecordedCall) -> Told:
    found = text_in(call.event, "userAgent")
    if found is None or found.startswith("[") or len(found) >= _CUT_OFF or _via_service(call):
        return None
    return (found,)


def _secure(call: RecordedCall) -> Told:
    return ("true",) if object_in(call.event, "tlsDetails") else None


def _via(call: RecordedCall) -> Told:
    if "userIdentity" in call.untold or call.principal.kind not in _OF_ACCOUNTS:
        return None
    return ("true",) if _via_service(call) else ("false",)


def _called_via(call: RecordedCall) -> Told:
    return ABSENT if _via(call) == ("false",) else None


def _is_long_term(call: RecordedCall) -> bool:
    """Tell whether a user called with an access key of its own."""
    return call.principal.kind == "IAMUser" and not _session(call)


def keys_to_ask(call: RecordedCall, action: str) -> tuple[str, ...]:
    """Return the condition keys, as spelled, of which *call* may tell something in its request for *action*."""
    known = find_action(action)
    own = known.condition_keys.union(*(use.condition_keys for use in known.resource_types)) if known else frozenset()
    spelled = (found.name for key in own if not key.endswith("/") and (found := find_key(key)))
    tags = _tags(call, action) or {}
    plain = (find_key(key) for key in _READ)
    names = (*(one.name for one in plain if one), *sorted(spelled), *(f"aws:RequestTag/{name}" for name in tags))
    return tuple(dict.fromkeys(names))


def _mfa(call: RecordedCall) -> Told:
    if _is_long_term(call):
        return ABSENT
    found = object_in(_session(call), "attributes").get("mfaAuthenticated")
    if str(found).lower() == "true":
        return ("true",)
    return ("false",) if str(found).lower() == "false" and call.principal.kind == "IAMUser" else None


def _mfa_age(call: RecordedCall) -> Told:
    return ABSENT if _is_long_term(call) else None


def _issued(call: RecordedCall) -> Told:
    if _is_long_term(call):
        return ABSENT
    return _one(text_in(object_in(_session(call), "attributes"), "creationDate"))


def _source_identity(call: RecordedCall) -> Told:
    found = text_in(_session(call), "sourceIdentity")
    if found or call.principal.kind == "IAMUser":
        return _one(found) if found else ABSENT
    return ABSENT if _session(call) and "userIdentity" not in call.untold else None


def _federated(call: RecordedCall) -> Told:
    found = object_in(_session(call), "webIdFederationData")
    return _one(text_in(found, "federatedProvider")) if found else ABSENT if _is_long_term(call) else None


def _time(call: RecordedCall) -> Told:
    return _one(call.time or None)


def _epoch(call: RecordedCall) -> Told:
    try:
        moment = datetime.strptime(call.time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (str(int(moment.timestamp())),)


def _principal_arn(call: RecordedCall) -> Told:
    if call.principal.kind == "FederatedUser":
        return _one(text_in(_identity(call), "arn"))
    return _one(call.principal.arn) if call.principal.kind in _OF_ACCOUNTS else None


def _user_id(call: RecordedCall) -> Told:
    return _one(text_in(_identity(call), "principalId"))


def _account(call: RecordedCall) -> Told:
    return _one(call.principal.account)


def _role_delivery(call: RecordedCall) -> Told:
    found = text_in(_session(call), "ec2RoleDelivery")
    return _one(found) if found else ABSENT if _is_long_term(call) else None


def _endpoint_account(call: RecordedCall) -> Told:
    found = text_in(call.event, "vpcEndpointAccountId")
    if found and ACCOUNT_ID.fullmatch(found):
        return (found,)
    return ABSENT if _is_direct(call) else None


_READ: Final[Mapping[str, Callable[[RecordedCall], Told]]] = {
    "aws:sourceip": _source_ip,
    "aws:vpcsourceip": _vpc_source_ip,
    "aws:sourcevpce": _source_vpce,
    "aws:vpceaccount": _endpoint_account,
    "aws:useragent": _user_agent,
    "aws:securetransport": _secure,
    "aws:requestedregion": lambda call: _one(call.region or None),
    "aws:viaawsservice": _via,
    "aws:calledvia": _called_via,
    "aws:calledviafirst": _called_via,
    "aws:calledvialast": _called_via,
    "aws:multifactorauthpresent": _mfa,
    "aws:multifactorauthage": _mfa_age,
    "aws:tokenissuetime": _issued,
    "aws:sourceidentity": _source_identity,
    "aws:federatedprovider": _federated,
    "aws:currenttime": _time,
    "aws:epochtime": _epoch,
    "aws:principalarn": _principal_arn,
    "aws:userid": _user_id,
    "aws:principalaccount": _account,
    "ec2:roledelivery": _role_delivery,
}
"""How each key is read from an event."""


def _of_principal(call: RecordedCall, key: str) -> Told:
    """Return what follows from who called, as far as the ARN says it for certain."""
    if call.principal.arn is None:
        return None
    found = next((one.values for one in known_keys(call.principal.arn, None) if one.folded == key), None)
    if found is None and key == "aws:username" and call.principal.kind in ("AssumedRole", "Root"):
        return ABSENT
    return found


def _of_service(call: RecordedCall, key: str, action: str, operation: str) -> Told:
    """Return what the parameters say of a *key* of a service."""
    if call.parameters is None or "requestParameters" in call.untold:
        return None
    service = action.partition(":")[0]
    if service == "sagemaker" and key.startswith("sagemaker:"):
        return _of_sagemaker(call, key, operation)
    table = _paths(service).get(key, {})
    paths = table.get(operation) or table.get("*")
    if paths is None:
        return None
    found = _at(call.parameters, paths)
    if found == ABSENT and key in _defaults():
        return None
    return found


def _of_sagemaker(call: RecordedCall, key: str, operation: str) -> Told:
    """Return what SageMaker's parameters say; a key is under its old name what it is under its new one."""
    if key == "sagemaker:taggingaction":
        return None
    places = _sagemaker(operation)
    where = places.get(quirks.renamed_keys().get(key, key))
    if where is None:
        return None
    parameters = call.parameters or {}
    if where.unclear and _at(parameters, where.unclear) != ABSENT:
        return None
    found = _at(parameters, where.paths)
    if found and "kmskey" in key and not all(one.startswith("arn:") and ":key/" in one for one in found):
        return None  # an id or an alias, where the key has the ARN
    return found


@lru_cache(maxsize=1024)
def _sagemaker(operation: str) -> Mapping[str, quirks.EventParameters]:
    return {key.lower(): where for key, where in quirks.event_parameters(operation).items()}


@lru_cache(maxsize=256)
def _paths(service: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
    table = facts("context")["keys"].get(service, {})
    return {key.lower(): by for key, by in table.items() if isinstance(by, dict)}


@lru_cache(maxsize=1)
def _defaults() -> frozenset[str]:
    return frozenset(map(str.lower, facts("context")["absent_as_default"]["keys"]))


def _at(parameters: Mapping[str, Any], paths: Sequence[str]) -> Told:
    """Return the values at *paths*; None where one of them is hidden, or is a structure."""
    found: dict[str, None] = {}
    for path in paths:
        for value in texts_at(parameters, [trail_name(step) for step in path.split(".")]):
            if is_hidden(value):
                return None
            found[value] = None
    return tuple(found)


def _tags(call: RecordedCall, action: str) -> Mapping[str, str] | None:
    """Return the tags that the request has; None where they can't be told."""
    if call.parameters is None or "requestParameters" in call.untold or not _takes_tags(action):
        return None
    service = action.partition(":")[0]
    names = facts("context")["tags"]
    found: dict[str, str] = {}
    for name in names.get(service, names["*"]):
        tags = call.parameters.get(name)
        if tags is None:
            continue
        read = _read_tags(tags)
        if read is None:
            return None
        found |= read
    return found if found or service == "sagemaker" else None


@lru_cache(maxsize=1 << 12)
def _takes_tags(action: str) -> bool:
    known = find_action(action)
    return known is not None and known_key(known, "aws:RequestTag/x")


def _read_tags(tags: Any) -> Mapping[str, str] | None:
    """Return *tags*, as a list of keys with values or as an object; None for anything else, or what is hidden."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(tags, dict):
        pairs = list(tags.items())
    elif isinstance(tags, list) and all(isinstance(one, dict) for one in tags):
        pairs = [(one.get("key", one.get("Key")), one.get("value", one.get("Value", ""))) for one in tags]
    if not all(isinstance(name, str) and isinstance(value, str) for name, value in pairs):
        return None
    if (tags and not pairs) or any(is_hidden(name) or is_hidden(value) for name, value in pairs):
        return None
    return dict(pairs)


def _tag_keys(call: RecordedCall, action: str) -> Told:
    """Return the keys of the tags that the request sets, or takes away."""
    if call.parameters and (gone := _at(call.parameters, ("TagKeys",))):
        return gone
    tags = _tags(call, action)
    return None if tags is None else tuple(tags)


def _tag(tags: Mapping[str, str], folded: str) -> tuple[str, ...]:
    """Return the value of the tag whose key is *folded* in lower case: condition keys have no case."""
    return tuple(value for name, value in tags.items() if name.lower() == folded)[:1]

"""
All files of an inventory, told apart by what stands in them, joined to one.

Beside the authorization details these are answers of the AWS CLI about the organization, resources, endpoints and
Studio, and indexes (YAML) which say to what resource an answer belongs.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from rolemgr.audit.controls import Controls, target_nodes
from rolemgr.audit.parse import Documents
from rolemgr.audit.read import FILE_LIMITS, LISTS, Reader
from rolemgr.audit.resources import BLOCK, NONE, POLICY_KEYS, Answer, Resources, answer_in
from rolemgr.audit.studio import KINDS, Studio
from rolemgr.audit.studio import LISTS as STUDIO_LISTS
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.members import items
from rolemgr.files.source import FileError
from rolemgr.files.yaml import parse_yaml
from rolemgr.iam.arn import ACCOUNT_ID, REGION, Arn, partition_of
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.model.inventory import Inventory, Unjudged
from rolemgr.model.inventory_file import InventoryFile
from rolemgr.model.inventory_layers import VpcEndpoint
from rolemgr.model.source import Sourced, parse_model

INDEX_ENDINGS: Final = (".yaml", ".yml")
_ORGANIZATION: Final = ("Organization", "Accounts", "Account")
_UNPLACED: Final = (*POLICY_KEYS, BLOCK, "Targets", "Parents")
"""What only an index can place: these answers do not say whose they are."""
_OTHERS: Final = ("NextToken", "Marker", "IsTruncated", "ResponseMetadata")
_TO_AWS: Final = ("Interface", "Gateway")
_OF_OTHERS: Final = "com.amazonaws.vpce."
"""How the name of an endpoint service begins that somebody else offers, by PrivateLink."""
_NAMES: Final = ("ARN", "EndpointArn")


class _Member(NamedTuple):
    key: str
    value: Any
    at: SourceLocation


class Inputs:
    """
    Takes files in any order.

    *read* returns the text of a path that an index names, and what messages call it; it raises InputError.
    """

    def __init__(self, read: Callable[[str, str], tuple[str, str]]) -> None:
        self._read = read
        self.principals = Reader()
        self._aside: list[Unjudged] = []
        documents = Documents()
        self._documents = documents
        self._controls = Controls(documents, self._aside)
        self._resources = Resources(documents, self._aside)
        self._studio = Studio(self._aside)
        self._endpoints: dict[str, VpcEndpoint] = {}
        self.files: list[str] = []
        """All files that were taken, in their order."""
        self.placed: set[str] = set()
        """The files that indexes have placed, by what messages call them."""

    def take(self, text: str, name: str) -> None:
        """Read *text*, the file *name*: raises InputError where it is none of the files that are known here."""
        if name.endswith(INDEX_ENDINGS):
            self._index(parse_model(parse_yaml(text, name), InventoryFile))
        elif _is_of_principals(text, name) or not self._layer(text, name):
            self.principals.take(text, name)
        self.files.append(name)

    def inventory(self) -> Inventory:
        """Return what all files say together."""
        found = self.principals.inventory()
        accounts = tuple(sorted({*found.accounts, *(one.account for one in self._resources.found.values())}))
        organization = self._controls.joined(accounts)
        studio = self._studio.joined()
        return replace(
            found, not_judged=(*found.not_judged, *self._aside), files=tuple(self.files), organization=organization,
            resources=dict(sorted(self._resources.found.items())), account_blocks=self._resources.blocks,
            endpoints=tuple(self._endpoints.values()), studio=studio,
        )  # fmt: skip

    def _say(self, at: SourceLocation, place: str, reason: str) -> None:
        self._aside.append(Unjudged(at.file, at.line, place, reason))

    def _layer(self, text: str, name: str) -> bool:
        """Take an answer about what stands around principals; return False where it is nothing of that."""
        members = [
            _Member(one.key, one.value, SourceLocation(name, one.line)) for one in items(text, name, FILE_LIMITS)
        ]
        data = {one.key: one.value for one in members}
        known = [self._member(one, data) for one in members if one.key not in _OTHERS]
        for one in members:
            if one.key in ("NextToken", "Marker") and one.value and any(known):
                self._say(one.at, name, "the answer has more pages, and they are not here")
        return any(known)

    def _member(self, one: _Member, data: dict[str, Any]) -> bool:
        """Take one member of an answer, an item of a list for itself; return whether it is known here."""
        key, value, at = one
        if key == "Policy" and isinstance(value, dict) and "PolicySummary" in value:
            self._controls.policy(value, at)
        elif key == "Organization":
            self._controls.organization(value, at)
        elif key in _ORGANIZATION:
            if value != []:
                self._controls.account(value, at)
        elif key == "VpcEndpoints":
            if value != []:
                self._endpoint(value, at)
        elif key in KINDS:
            self._studio.take(data, key, at)
        elif key in STUDIO_LISTS:
            if value != []:
                self._studio.listed(key, value, at)
        else:
            return self._of_resource(one, data)
        return True

    def _of_resource(self, one: _Member, data: dict[str, Any]) -> bool:
        arn = next((data[key] for key in _NAMES if isinstance(data.get(key), str)), None)
        if one.key == "Attributes" and isinstance(one.value, dict):
            arn = one.value.get("TopicArn", one.value.get("QueueArn"))
            if isinstance(arn, str):
                self._resources.add(arn, None, Answer(data, one.at), None, one.at)
            return isinstance(arn, str)
        if one.key in _NAMES and arn:
            self._resources.add(arn, None, Answer(data, one.at), None, one.at)
            return True
        if one.key in _UNPLACED and not arn:
            self._say(one.at, f"`{one.key}`", "the answer does not say what it is of: name the file in an index")
        return one.key in _UNPLACED

    def _endpoint(self, value: Any, at: SourceLocation) -> None:
        found = value if isinstance(value, dict) else {}
        identifier, service, owner = found.get("VpcEndpointId"), found.get("ServiceName"), found.get("OwnerId")
        if not (isinstance(identifier, str) and isinstance(service, str) and isinstance(owner, str)):
            self._say(at, "a VPC endpoint", "it has no VpcEndpointId, ServiceName and OwnerId")
            return
        if found.get("VpcEndpointType", "Interface") not in _TO_AWS or service.startswith(_OF_OTHERS):
            return  # it leads to no API of AWS, so that IAM decides about nothing that passes it
        policy = found.get("PolicyDocument")
        document = None if policy is None else self._documents.read(policy, ResourcePolicy)
        if isinstance(document, str):
            self._say(at, f"the policy of {identifier}", document)
            return
        region = next((part for part in service.split(".") if REGION.fullmatch(part)), None)
        if region is None or not ACCOUNT_ID.fullmatch(owner):
            self._say(at, identifier, f"nobody knows of which Region and account it is: {service}, {owner}")
            return
        arn = str(Arn(partition_of(region), "ec2", region, owner, f"vpc-endpoint/{identifier}"))
        vpc = found.get("VpcId")
        made = VpcEndpoint(arn, owner, vpc if isinstance(vpc, str) else None, service, at, document)
        self._endpoints.setdefault(arn, made)

    def _index(self, index: Sourced[InventoryFile]) -> None:
        name, listed = index.source.name, index.value
        for place, account in enumerate(listed.accounts):
            at = index.at("accounts", place)
            if account.path:
                self._controls.path(account.id, account.path, at)
            if block := self._answer(name, account.public_access_block, at):
                self._resources.block_account(account.id, block)
        for place, control in enumerate(listed.controls):
            self._targets(name, control.policy, control.targets, index.at("controls", place))
        for place, one in enumerate(listed.resources):
            at = index.at("resources", place)
            policy = Answer(None, at) if one.policy == NONE else self._answer(name, one.policy, at)
            self._resources.add(one.arn, one.account, policy, self._answer(name, one.public_access_block, at), at)

    def _targets(self, index: str, policy: str, path: str, at: SourceLocation) -> None:
        answer = self._answer(index, path, at)
        nodes = target_nodes(answer.data.get("Targets")) if answer and answer.data else None
        if nodes is None:
            problem = answer.problem if answer else ""
            self._say(answer.at if answer else at, f"the targets of {policy}", problem or "the answer has no Targets")
            return
        if answer and answer.data and answer.data.get("NextToken"):
            self._say(answer.at, f"the targets of {policy}", "the answer has more pages, and they are not here")
        self._controls.targets(policy, nodes, answer.at if answer else at)

    def _answer(self, index: str, path: str | None, at: SourceLocation) -> Answer | None:
        """Return what the file *path* says, which stands below the file *index*; None where none is named."""
        if path is None:
            return None
        try:
            text, shown = self._read(index, path)
        except InputError as error:
            return Answer(None, error.where or at, f"{path} {error.problem}")
        self.placed.add(shown)
        return answer_in(text, shown)


def _is_of_principals(text: str, name: str) -> bool:
    """Tell whether *text* is a page of authorization details: by its first key that says so."""
    try:
        for one in items(text, name, FILE_LIMITS):
            if one.key in LISTS:
                return True
            if one.key == "Policies":
                return one.value == [] or (isinstance(one.value, dict) and "PolicyVersionList" in one.value)
            if one.key not in _OTHERS:
                return False
    except FileError:
        return True  # whose reader says what is wrong with it
    return True

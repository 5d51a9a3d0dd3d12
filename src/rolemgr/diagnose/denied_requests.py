"""
The requests behind a denial: what AWS authorized when it said no, and the places to look at.

One call can be several requests: a training job lists a bucket, reads its objects and decrypts them, each
as its execution role. For such data there are three places: the role's policy, the bucket's, the key's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rolemgr.diagnose.contradictions import contradictions, what_to_look_at
from rolemgr.diagnose.denial_facts import facts
from rolemgr.diagnose.denial_message import Denial, DenialKind
from rolemgr.diagnose.denied_callers import other_caller
from rolemgr.diagnose.diagnose import judge
from rolemgr.diagnose.diagnosis import Denier, DiagnosedRequest, Diagnosis, KnownLayers
from rolemgr.diagnose.open_layers import FLAGS, is_given, named_layer, open_layers
from rolemgr.diagnose.remedies import lasting
from rolemgr.errors import InputError
from rolemgr.evaluate.missing import NONE_MISSING
from rolemgr.evaluate.policies import Layer
from rolemgr.evaluate.principals import read_caller
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.arn import PARTITIONS, REGION, Arn
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.service_trust import ServiceTrust
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.dependents import passed_to
from rolemgr.reference.service_trust import service_of_principal

_EVERYTHING = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
_READS = frozenset({"s3:getobject", "s3:listbucket"})
_WRITES = frozenset({"s3:putobject"})


def diagnose(request: Request, given: KnownLayers, denial: Denial | None = None) -> Diagnosis:
    """
    Return why *request*, which *denial* speaks of where there is a message, is denied, and what would allow it.

    Raises what the evaluator raises for a policy or a principal that is none.
    """
    assumed: list[str] = []
    given = _beside_message(replace(given, named=named_layer(denial)), denial)
    request = _present(request, given, assumed)
    places = (*_named_place(request, given, denial), *_places(request, given, denial, assumed))
    places = (*_unnamed_deny(given, denial, places), *places)
    other = other_caller(denial, given.subject.role.spec) if given.subject else None
    stated = (*((other,) if other else ()), *(facts(denial) if denial else ()))
    found = _contradicted(Diagnosis(places, stated, tuple(assumed)), denial, given)
    beyond = any(place.decision == "NotKnown" and place.request is None for place in places)
    is_open = beyond or (bool(given.missing.names) and not any(place.denied_by for place in places))
    if found.decision != "Allowed" and not (found.decision == "NotKnown" and is_open):
        return _refused_alone(found)
    policies = replace(given.policies, resource=given.trust) if _assumes_the_role(request, given) else given.policies
    return found._replace(not_given=tuple(open_layers(request, policies, given.missing.names, denial)))


def _beside_message(given: KnownLayers, denial: Denial | None) -> KnownLayers:
    """Return *given* with what AWS tells of policies without a text: that none of them allows the request."""
    if denial is None or given.named is not Layer.IDENTITY or denial.explicit is not False:
        return given
    return replace(given, missing=given.missing._replace(identity=()))


def _contradicted(found: Diagnosis, denial: Denial | None, given: KnownLayers) -> Diagnosis:
    """
    Return *found* with what of it AWS's message contradicts.

    Where it does, no change of the given policies is proposed: they are not the ones that denied it, or not for this.
    """
    texts: list[str] = []
    places = []
    for place in found.places:
        asked = place.request if denial and place.decision != "RefusedByAWS" else None
        is_same = asked is not None and asked.folded_action == (denial.action or "").lower() if denial else False
        policies = replace(given.policies, resource=given.trust) if place.title == Layer.TRUST.value else given.policies
        mine = list(contradictions(denial, asked, policies, given)) if asked and is_same else []
        texts += mine
        places.append(place._replace(change=()) if mine else place)
    if denial is None or not texts:
        return found
    steps = tuple(what_to_look_at(denial, given))
    return found._replace(places=tuple(places), contradictions=tuple(dict.fromkeys(texts)), look_at=steps)


def _refused_alone(found: Diagnosis) -> Diagnosis:
    """Return *found* with no more than what AWS itself refuses, where it does: no layer's change helps then."""
    refused = tuple(place for place in found.places if place.decision == "RefusedByAWS")
    return found._replace(places=refused) if refused else found


def _unnamed_deny(
    given: KnownLayers, denial: Denial | None, places: Sequence[DiagnosedRequest]
) -> Iterator[DiagnosedRequest]:
    """Yield the Deny that AWS speaks of without its policy, where no policy that is given has one that applies."""
    if denial is None or denial.policy_type is not None or denial.explicit is not True:
        return
    if any(place.decision in ("ExplicitlyDenied", "NotKnown", "RefusedByAWS") for place in places):
        return
    named = [one for one in denial.statements if one.denies]
    which = f"`{named[0].sid}`" if named and named[0].sid else "that Deny"
    lacks = "no policy that is given has a Deny that applies"
    if named and named[0].sid and named[0].sid not in given.sids:
        lacks = f"no policy that is given has a statement {which}, so it is in another layer"
    because = (f"AWS says that a Deny applies; {lacks}", "an Allow does not help while it denies")
    change = f"find {which} ({', '.join(dict.fromkeys(FLAGS.values()))}), and except the request from it"
    yield DiagnosedRequest("an explicit deny", None, "NotKnown", because=because, change=(change,))


def _named_place(request: Request, given: KnownLayers, denial: Denial | None) -> Iterator[DiagnosedRequest]:
    """Yield the layer that AWS names where nobody gave it: it denies for certain, and needs the change first."""
    layer = given.named
    if denial is None or layer in (None, Layer.IDENTITY) or (layer is Layer.TRUST and given.trust):
        return
    if layer is None or is_given(layer, given.policies):
        return
    arn = f" {denial.policy_arn}" if denial.policy_arn else ""
    what = f"{request.action} on {request.resource}"
    because = f"AWS names it, and it is not given: {FLAGS[layer]} FILE shows which statement it is"
    change = f"add to the {layer}{arn} an Allow of {what}"
    if denial.explicit or (denial.explicit is None and layer is Layer.RESOURCE_CONTROL):
        change = f"except {what} from the Deny in the {layer}{arn}"
    deniers = (Denier(layer, None, None, (), None),)
    yield DiagnosedRequest(layer.value, None, "NotKnown", deniers, (because,), (change,))


def _present(request: Request, given: KnownLayers, assumed: list[str]) -> Request:
    """
    Return *request* with the keys that every request has and whose value is as good as certain.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    arn = Arn.parse(request.resource)
    keys = {"aws:SecureTransport": "true"}
    if arn and REGION.fullmatch(arn.region):
        keys["aws:RequestedRegion"] = arn.region
    hangs = {key.lower() for one in given.hanging(request) for key in one.keys}
    keys = {key: value for key, value in keys.items() if key.lower() in hangs and key.lower() not in given.absent}
    assumed += [f"{key} = {value}" for key, value in keys.items()]
    return _carrying(request, keys) if keys else request


def _places(
    request: Request, given: KnownLayers, denial: Denial | None, assumed: list[str]
) -> Iterator[DiagnosedRequest]:
    kind = denial.kind if denial else DenialKind.REQUEST
    if kind is DenialKind.EXECUTION_ROLE:
        yield from _execution_role(request, given, assumed)
    elif kind is DenialKind.IMAGE:
        yield from _image(request, given)
    elif kind is DenialKind.ROLE_CHECK and denial:
        for action in denial.actions:
            yield judge(f"role policy, {action}", replace(request, action=action), given.policies, given)
    elif kind is DenialKind.LAKE_FORMATION and denial:
        yield _lake_formation(denial)
        yield judge("role policy, for data of Lake Formation", request, given.policies, given)
    elif request.folded_action in _READS | _WRITES:
        yield from _data(request, given, assumed, both=kind is DenialKind.DATA)
    elif _assumes_the_role(request, given):
        yield from _trust(request, given, assumed)
    else:
        yield judge("the request", _usual(request, assumed, denial), given.policies, given)


def _lake_formation(denial: Denial) -> DiagnosedRequest:
    """
    Return what Lake Formation itself must grant: no IAM policy gives it.

    https://docs.aws.amazon.com/lake-formation/latest/dg/granting-catalog-permissions.html
    """
    who = lasting(denial.principal, None) or "the role"
    because = f"it lacks: {denial.grant}. Lake Formation grants this itself; no IAM policy does"
    change = f"have a data lake administrator grant it to {who} (aws lakeformation grant-permissions)"
    return DiagnosedRequest("Lake Formation", None, None, because=(because,), change=(change,))


def _usual(request: Request, assumed: list[str], denial: Denial | None) -> Request:
    """
    Return *request* with the key that AWS sends with every PassRole, where nobody gave it.

    It is the service that SageMaker's operation of the message passes its role to: CreateJob's is another one.
    """
    if request.folded_action != "iam:passrole" or "iam:PassedToService" in request.context:
        return request
    operation = denial.operation if denial else None
    known = passed_to(f"sagemaker:{operation}") if operation else None
    service = f"{known.removesuffix('.amazonaws.com') if known else 'sagemaker'}.{_suffix(request)}"
    why = f"as SageMaker's {operation} passes it" if known else "as for a job, a model or an app of SageMaker"
    assumed.append(f"iam:PassedToService = {service}, {why}")
    return _carrying(request, {"iam:PassedToService": service})


def _suffix(request: Request) -> str:
    arn = Arn.parse(request.resource) or Arn.parse(request.principal or "")
    partition = PARTITIONS.get(arn.partition) if arn else None
    return partition.dns_suffix if partition else "amazonaws.com"


def _carrying(request: Request, keys: Mapping[str, str]) -> Request:
    absent = {key: (value,) for key, value in keys.items() if key not in request.context}
    return replace(request, context=Context({**dict(request.context), **absent}))


def _data(request: Request, given: KnownLayers, assumed: list[str], *, both: bool) -> Iterator[DiagnosedRequest]:
    """Yield the three places of data in S3: the role's policy, the bucket's, the key's."""
    bucket = request.resource.partition("/")[0]
    if both and request.folded_action == "s3:getobject":
        listing = replace(request, action="s3:ListBucket", resource=bucket)
        yield judge("role policy, to list the bucket", listing, given.policies, given)
    title = "role policy" if not both else f"role policy, to {_doing(request)}"
    yield judge(title, request, given.policies, given)
    yield _bucket_policy(request, given)
    yield from _keys(request, given, assumed)


def _doing(request: Request) -> str:
    return "list the bucket" if request.folded_action == "s3:listbucket" else "read the object"


def _bucket_policy(request: Request, given: KnownLayers) -> DiagnosedRequest:
    """
    Return what the bucket's policy must do: it matters where accounts differ, or where it denies.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access.html
    """
    if given.policies.resource is not None:
        return DiagnosedRequest("bucket policy", None, None, because=("it was asked together with the role's",))
    account = request.principal_account()
    if request.resource_account and account and request.resource_account != account:
        owner = f"the bucket is in account {request.resource_account}, the role in {account}"
        return DiagnosedRequest(
            "bucket policy", None, None, because=(f"{owner}: it must allow the role (--resource-policy)",)
        )
    same = "the bucket is in the role's account: " if request.resource_account else "in the role's own account "
    text = f"{same}it need not allow anything, and may not deny it"
    other = "" if request.resource_account else "; in another it must allow the role (--resource-account)"
    return DiagnosedRequest("bucket policy", None, None, because=(text + other,))


def _keys(request: Request, given: KnownLayers, assumed: list[str]) -> Iterator[DiagnosedRequest]:
    """Yield what the role may do with the keys of the data, and what their policies must do."""
    if request.folded_action == "s3:listbucket":
        return
    action = "kms:Decrypt" if request.folded_action in _READS else "kms:GenerateDataKey"
    if not given.keys:
        text = f"data under a customer managed key needs {action} for the role, and in the key's policy (--key ARN)"
        yield DiagnosedRequest("key policy", None, None, because=(text,))
        return
    for key in given.keys:
        asked = _key_request(request, action, key)
        assumed.append(f"{key} encrypts the data; S3 uses it on the role's behalf")
        policies = replace(given.policies, resource=given.key_policy)
        if given.key_policy:
            yield judge("key policy", asked, policies, given)
        else:
            yield _without_key_policy(asked, judge("role policy, for the key", _here(asked), policies, given))


def _here(request: Request) -> Request:
    return replace(request, resource_account=None)


def _without_key_policy(request: Request, place: DiagnosedRequest) -> DiagnosedRequest:
    """Return *place* with what the policy of the key must do, which nobody gave."""
    account = request.principal_account()
    leaves = "the key's own policy must allow the role, or leave it to the account's IAM policies (--key-policy)"
    if account and request.resource_account != account:
        leaves = f"the key is in account {request.resource_account}: its policy must allow the role (--key-policy)"
    return place._replace(because=(*place.because, leaves))


def _key_request(request: Request, action: str, key: str) -> Request:
    arn = Arn.parse(key)
    if arn is None or arn.service != "kms" or not arn.resource.startswith("key/"):
        raise InputError(None, f"`{key}` is no KMS key's ARN", "such as arn:aws:kms:us-east-1:111122223333:key/ID")
    via = f"s3.{arn.region}.{PARTITIONS[arn.partition].dns_suffix if arn.partition in PARTITIONS else 'amazonaws.com'}"
    kept = {
        name: values for name, values in request.context.items() if not name.lower().startswith(("s3:", "aws:resource"))
    }
    context = Context({**kept, "kms:ViaService": (via,)})
    return Request.known(action, key, context, request.principal, arn.account)


def _image(request: Request, given: KnownLayers) -> Iterator[DiagnosedRequest]:
    """
    Yield what it takes to pull an image.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
    """
    token = replace(request, action="ecr:GetAuthorizationToken", resource="*", resource_account=None)
    yield judge("role policy, to log in", token, replace(given.policies, resource=None), given)
    for action in ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"):
        yield judge(f"role policy, {action.partition(':')[2]}", replace(request, action=action), given.policies, given)


def _assumes_the_role(request: Request, given: KnownLayers) -> bool:
    if not (request.folded_action.startswith("sts:assumerole") and given.trust and given.subject):
        return False
    return request.resource.rpartition("/")[2] == given.subject.role.spec.role_name


def _trust(request: Request, given: KnownLayers, assumed: list[str]) -> Iterator[DiagnosedRequest]:
    """Yield what the trust policy of the chosen role says, which is the one that is to be assumed."""
    if read_caller(request.principal).account:
        assumed.append(f"{request.principal} may assume the role as far as its own policies go")
    elif given.subject:
        request = _by_service(request, given.subject.role.spec, assumed)
    policies = replace(given.policies, identity=(_EVERYTHING,), resource=given.trust)
    place = judge(Layer.TRUST.value, request, policies, replace(given, missing=NONE_MISSING))
    because = tuple(text for text in place.because if not text.startswith(f"allowed by {Layer.IDENTITY}"))
    yield place._replace(because=because)


def _by_service(request: Request, spec: RoleSpec, assumed: list[str]) -> Request:
    """
    Return *request* with the keys by which the service that makes it says for which account and thing it asks.

    As it was, where no page says what the service sends.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    carried = _sent(request.principal or "", spec)
    if carried and not any(key in request.context for key in ("aws:SourceAccount", "aws:SourceArn")):
        thing = f", such as {carried['aws:SourceArn']}" if "aws:SourceArn" in carried else ""
        name = "SageMaker" if (request.principal or "").startswith("sagemaker.") else request.principal
        assumed.append(f"{name} asks for a resource of {spec.account} in {spec.region}{thing}")
    return _carrying(request, carried)


def _sent(principal: str, spec: RoleSpec) -> dict[str, str]:
    """Return the source keys that *principal* sends on behalf of the account of *spec*, by AWS's pages."""
    place = {"partition": spec.partition_name, "region": spec.region, "account": spec.account, "name": "example"}
    if principal.startswith("sagemaker."):
        arn = "arn:{partition}:sagemaker:{region}:{account}:training-job/{name}"
        return {"aws:SourceAccount": spec.account, "aws:SourceArn": arn.format(**place)}
    service = service_of_principal(principal)
    if service is None:
        return {}
    trust = next((one for one in spec.trust if isinstance(one, ServiceTrust) and one.value == service.name), None)
    kinds, names = (trust.resource or service.usual, trust.name) if trust else (service.usual, ())
    place |= {"name": re.sub(r"[*?]+", "example", names[0])} if names else {}
    account = {"aws:SourceAccount": spec.account} if "account" in service.sends else {}
    return account | ({"aws:SourceArn": service.resources[kinds[0]].format(**place)} if kinds else {})


def _execution_role(request: Request, given: KnownLayers, assumed: list[str]) -> Iterator[DiagnosedRequest]:
    """
    Yield what the SageMaker Python SDK asks AWS in a notebook to learn its execution role.

    In Studio it describes the user profile, then the domain; on a notebook instance the instance. Where a
    file on the notebook has the role's ARN it asks nothing.
    Source: sagemaker-python-sdk, src/sagemaker/session.py, get_caller_identity_arn.
    """
    spec = given.subject.role.spec if given.subject else None
    principal = Arn.parse(request.principal or "")
    account = spec.account if spec else principal.account if principal else "111122223333"
    home = f"arn:{spec.partition_name if spec else 'aws'}:sagemaker:{spec.region if spec else 'us-east-1'}:{account}"
    domain = request.context.get("sagemaker:DomainId", ("d-example",))[0]
    profile = request.context.get("sagemaker:UserProfileName", ("example",))[0]
    if "sagemaker:DomainId" not in request.context:
        assumed.append(
            f"the domain is called {domain}, the user profile {profile}; Studio sends both with each request"
        )
    asked = _carrying(request, {"sagemaker:DomainId": domain, "sagemaker:UserProfileName": profile})
    for title, action, resource in (
        ("in Studio, the user profile", "sagemaker:DescribeUserProfile", f"{home}:user-profile/{domain}/{profile}"),
        ("in Studio, the domain", "sagemaker:DescribeDomain", f"{home}:domain/{domain}"),
    ):
        yield judge(title, replace(asked, action=action, resource=resource), given.policies, given)
    text = "on a notebook instance the role needs sagemaker:DescribeNotebookInstance on it; outside of SageMaker, " \
           "as a user, there is no such role: pass the ARN of one"  # fmt: skip
    yield DiagnosedRequest("elsewhere", None, None, because=(text,))

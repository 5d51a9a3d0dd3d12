"""
Names that AWS is not known to have: one question for each kind of name, each answered with the nearest right thing.

A `Doubt` is not a "no". AWS adds names every day before the reference has them, so callers choose: an error
where a misspelt name would make a promise hollow (policy tests, catalogs), a note elsewhere. None always
means that nothing speaks against the name.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.iam.arn import ACCOUNT_ID, REGION, Arn
from rolemgr.iam.variables import opens_variable
from rolemgr.iam.wildcards import has_wildcard, text_glob
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key, fixed_head, key_names_like, prefix_known
from rolemgr.reference.providers import is_provider_key
from rolemgr.reference.quirks import not_in_the_reference
from rolemgr.reference.services import action_names, find_action, resource_types, service_exists, services

_MOST_SHOWN = 3
_OWNERS_IN_ARNS = frozenset({"", "aws", "cloudfront", "partner"})
"""
What stands in an ARN for the account where there is none, or AWS itself is the owner.

Templates of partners are in AWS's managed policies (``arn:aws:iam::partner:permissions-template/...``).
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
"""

_BUCKET = re.compile(r"(?!.*\.\.)(?![0-9]+(?:\.[0-9]+){3}$)[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?")


class Doubt(NamedTuple):
    """
    A *name* that AWS may not have: the *problem* in words, and a *hint* at what would be right.

    One of the wrong *form* AWS will never have, whatever it adds.
    """

    name: str
    problem: str
    hint: str | None = None
    form: bool = False

    def __str__(self) -> str:
        return f"{self.problem}; {self.hint}" if self.hint else self.problem


def action_doubt(action: str) -> Doubt | None:
    """Return what is doubtful about *action* (``service:Name`` without wildcards), or None."""
    if find_action(action):
        return None
    if note := not_in_the_reference().get(action.lower()):
        return Doubt(action, f"the reference does not list `{action}`: {note}")
    service, _, short = action.partition(":")
    if service_exists(service.lower()):
        return _unknown("action", action, action_names(service.lower()).values())
    near = _near(service, services())
    same = [known for one in near if (known := action_names(one).get(short.lower()))]
    others = [known for one in near for known in action_names(one).values()]
    hint = _did_you_mean(same) or _did_you_mean(_near(action, others))
    return Doubt(action, f"unknown action `{action}`: no service has the prefix {service}", hint)


def short_action_doubt(name: str) -> Doubt:
    """Return that *name* lacks the prefix of its service, with the actions of that name; SageMaker's come first."""
    every = sorted(services(), key=lambda service: (service != "sagemaker", service))
    found = [known for service in every if (known := action_names(service).get(name.lower()))]
    near = found or _near(f"sagemaker:{name}", action_names("sagemaker").values())
    hint = _did_you_mean(near[:_MOST_SHOWN]) or "it is SERVICE:NAME, such as sagemaker:CreateTrainingJob"
    return Doubt(name, f"`{name}` is not the name of an action: it has no service", hint, form=True)


def resource_type_doubt(name: str) -> Doubt:
    """Return that *name* is neither a resource type (``service:type``) nor the ARN of one, with the nearest types."""
    if arn := Arn.parse(name):
        forms = {kind.name: str(kind.arn_format) for kind in resource_types(arn.service).values()}
        near = [forms[one] for one in _near(arn.resource.partition("/")[0], forms)]
        hint = _did_you_mean(near or ([] if forms else _near(arn.service, services())))
        return Doubt(name, f"no resource type that AWS's reference has fits `{name}`", hint)
    service, colon, short = name.partition(":")
    if colon and service_exists(service.lower()):
        return _unknown("resource type", name, [f"{service.lower()}:{one}" for one in resource_types(service.lower())])
    wanted = (short or service).lower()
    every = [f"{one}:{kind}" for one in ("sagemaker", "s3", "iam", "kms") for kind in resource_types(one)]
    same = [one for one in every if one.partition(":")[2].lower() == wanted]
    hint = _did_you_mean(same or _near(f"sagemaker:{wanted}", every))
    return Doubt(name, f"unknown resource type `{name}`", hint or "it is SERVICE:TYPE, such as sagemaker:training-job")


def key_doubt(key: str) -> Doubt | None:
    """Return what is doubtful about the condition key *key* (any case, with its variable part), or None."""
    if find_key(key) or is_provider_key(key) or key.lower() in _used_keys():
        return None
    prefix, _, rest = key.partition(":")
    if prefix_known(key):
        return _unknown("condition key", key, _key_spellings(key))
    near = _near(prefix, ("aws", *services()))
    same = [found.name for one in near if (found := find_key(f"{one}:{rest}"))]
    problem = f"unknown condition key `{key}`: no service has keys with the prefix {prefix}"
    return Doubt(key, problem, _did_you_mean(same))


@cache
def _used_keys() -> frozenset[str]:
    """Return keys that AWS's own policies use and no reference has, in lower case."""
    return frozenset(entry["name"].lower() for entry in _quirk("used_keys")["keys"])


def _key_spellings(key: str) -> list[str]:
    """Return the known keys beside *key*, with what stands behind its slash where they have a variable part."""
    rest = key.partition("/")[2]
    heads = map(fixed_head, key_names_like(key))
    return [head + rest if head.endswith("/") else head for head in heads if rest or not head.endswith("/")]


def region_doubt(region: str) -> Doubt | None:
    """Return what is doubtful about the name of a *region*, or None."""
    return None if region in regions() else _unknown("region", region, regions())


def instance_type_doubt(pattern: str) -> Doubt | None:
    """Return what is doubtful about a SageMaker instance type, or a *pattern* of them that fits none; or None."""
    if pattern == "system" or pattern in instance_types():  # Studio's own Jupyter server has no instance
        return None
    if not has_wildcard(pattern):
        return _unknown("instance type", pattern, instance_types())
    if any(map(text_glob(pattern), instance_types())):
        return None
    families = {one.rpartition(".")[0] + ".*" for one in instance_types()}
    problem = f"no known instance type matches `{pattern}`"
    return Doubt(pattern, problem, _did_you_mean(_near(pattern, families)))


def service_principal_doubt(name: str) -> Doubt | None:
    """
    Return what is doubtful about the service principal *name*, such as ``sagemaker.amazonaws.com``, or None.

    A region may stand before the ending (``states.eu-west-1.amazonaws.com``), and each partition has its own.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
    """
    known = service_principals()
    ending = next((one for one in _endings() if name.endswith(one)), None)
    if ending is None:
        return _unknown("service principal", name, [f"{one}.amazonaws.com" for one in known])
    service, _, last = name.removesuffix(ending).rpartition(".")
    if service and last in regions():
        return None if service in known else _unknown_principal(name, service, f".{last}{ending}")
    if service in known and REGION.fullmatch(last):
        return region_doubt(last)
    return None if (whole := name.removesuffix(ending)) in known else _unknown_principal(name, whole, ending)


def _unknown_principal(name: str, service: str, rest: str) -> Doubt:
    near = _near(service, service_principals())
    problem = f"unknown service principal `{name}`"
    return Doubt(name, problem, _did_you_mean([one + rest for one in near]))


def arn_doubts(text: str) -> Iterator[Doubt]:
    """Yield what is doubtful about the parts of a concrete ARN: partition, region, account."""
    arn = Arn.parse(text)
    if arn is None:
        hint = "it is arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE"
        yield Doubt(text, f"`{text}` is not an ARN", hint, form=True)
        return
    partitions = set(regions().values())
    if arn.partition not in partitions and not _is_open(arn.partition):
        yield _unknown("partition", arn.partition, partitions)
    if arn.region and not _is_open(arn.region):
        yield from _region_in_arn(arn)
    if not ACCOUNT_ID.fullmatch(arn.account) and arn.account not in _OWNERS_IN_ARNS and not _is_open(arn.account):
        yield Doubt(arn.account, f"`{arn.account}` is not an account id of 12 digits, in {text}", form=True)


def _is_open(part: str) -> bool:
    """Tell whether *part* stands for many: it has a wildcard, or a variable that a request fills in."""
    return has_wildcard(part) or opens_variable(part)


def _region_in_arn(arn: Arn) -> Iterator[Doubt]:
    partition = regions().get(arn.region)
    if partition is None:
        yield from filter(None, [region_doubt(arn.region)])
    elif partition != arn.partition and arn.partition in regions().values():
        problem = f"region `{arn.region}` is in partition {partition}, not {arn.partition}, in {arn}"
        yield Doubt(arn.region, problem, form=True)


def bucket_doubt(name: str) -> Doubt | None:
    """
    Return that S3 lets no general purpose bucket be called *name*, or None; `b` stands for one in every guide.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if _is_open(name):
        return None
    if not _BUCKET.fullmatch(name):
        hint = "a bucket name is 3 to 63 of a-z, 0-9, dot and hyphen"
        return Doubt(name, f"S3 lets no new bucket be called `{name}`", hint)
    reserved = _quirk("bucket_names")["reserved"]
    if name.startswith(tuple(reserved["prefixes"])) or name.endswith(tuple(reserved["suffixes"])):
        hint = "S3 keeps such names for examples, aliases, and buckets of other kinds"
        return Doubt(name, f"`{name}` is not the name of a general purpose bucket", hint)
    return None


def managed_policy_doubt(arn: str) -> Doubt | None:
    """Return what is doubtful about the ARN of an AWS managed policy, or None, also for one of an account's own."""
    prefix, _, path = arn.partition(":iam::aws:policy/")
    known = managed_policy_paths()
    if not path or path in known:
        return None
    near = [f"{prefix}:iam::aws:policy/{one}" for one in _near(path, known)]
    return Doubt(arn, f"unknown AWS managed policy `{arn}`", _did_you_mean(near))


def _unknown(kind: str, name: str, known: Iterable[str]) -> Doubt:
    return Doubt(name, f"unknown {kind} `{name}`", _did_you_mean(_near(name, known)))


def _near(name: str, known: Iterable[str]) -> list[str]:
    """Return the *known* names that are nearest to *name* in any case."""
    from difflib import get_close_matches  # only a wrong name pays for it

    folded = {one.lower(): one for one in sorted(known)}
    return [folded[one] for one in get_close_matches(name.lower(), folded, n=_MOST_SHOWN)]


def _did_you_mean(near: Iterable[str]) -> str | None:
    names = ", ".join(near)
    return f"did you mean {names}?" if names else None


@cache
def regions() -> Mapping[str, str]:
    """Return the partition of every region that botocore knew when the data was written."""
    found: Mapping[str, str] = _data("regions")["regions"]
    return found


@cache
def instance_types() -> frozenset[str]:
    """Return every instance type of SageMaker's API."""
    return frozenset(_data("sagemaker_instance_types")["types"])


@cache
def service_principals() -> frozenset[str]:
    """
    Return the service principals without their ending.

    AWS publishes no whole list: these are the names in its managed policies and API texts, a few from its
    guides, and the service prefixes, which most services are called by.
    """
    more = (entry["name"] for entry in _quirk("service_principals")["more"])
    return frozenset((*_data("service_principals")["principals"], *more, *services()))


@cache
def managed_policy_paths() -> frozenset[str]:
    """Return path and name of every AWS managed policy, such as ``service-role/AWSLambdaRole``."""
    return frozenset(_data("managed_policy_names")["names"])


def _endings() -> tuple[str, ...]:
    return tuple(_quirk("service_principals")["endings"]["suffixes"])


@cache
def _quirk(name: str) -> Any:
    return json.loads(Path(quirks.__file__).with_name(f"{name}.json").read_bytes())


def _data(name: str) -> Any:
    return json.loads((Path(__file__).parent / "data" / f"{name}.json").read_bytes())

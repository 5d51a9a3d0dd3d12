"""
Write the facts per region that the SageMaker Python SDK knows: image accounts and JumpStart's buckets.

    pip download --no-deps --dest sdk sagemaker-core && unzip -q -d sdk/unpacked sdk/sagemaker_core-*.whl
    python tools/image_accounts.py sdk/unpacked

The SDK (``sagemaker`` 2.x or ``sagemaker-core``, both Apache-2.0) is only read: its
``image_uri_config/*.json`` name, per container version, the account of each region and the repository;
its ``jumpstart/region_config.json`` names the buckets of JumpStart. What is kept is the facts.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, TypeAlias

_DATA = Path(__file__).resolve().parent.parent / "src" / "rolemgr" / "reference" / "data"
_PUBLIC_HUB = "SageMakerPublicHub"

Placed: TypeAlias = tuple[str, str, str]
"""A region, an account and a repository of it."""


def placed_repositories(config: Any) -> Iterator[Placed]:
    """Yield region, account and repository of every ``registries`` block in one ``image_uri_config`` file."""
    if isinstance(config, dict):
        for region, account in config.get("registries", {}).items():
            yield region, account, config["repository"]
        for part in config.values():
            yield from placed_repositories(part)
    elif isinstance(config, list):
        for part in config:
            yield from placed_repositories(part)


def by_region(placed: Iterator[Placed]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return region -> account -> its repositories, sorted."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for region, account, repository in placed:
        found[region][account].add(repository)
    return {
        region: {account: tuple(sorted(names)) for account, names in accounts.items()}
        for region, accounts in found.items()
    }


def interned(regions: Mapping[str, Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """
    Return name -> repositories for each distinct list of repositories.

    Many regions repeat a list. It is named after its first repository, and numbered where several lists
    begin with the same one.
    """
    lists = sorted({names for accounts in regions.values() for names in accounts.values()})
    groups: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for names in lists:
        groups[names[0]].append(names)
    return {
        first if len(group) == 1 else f"{first}-{number}": names
        for first, group in groups.items()
        for number, names in enumerate(group, 1)
    }


def image_accounts(sdk: Path) -> dict[str, Any]:
    """Return the content of ``image_accounts.json`` for the SDK unpacked in the folder *sdk*."""
    files = sorted(_only(sdk, "image_uri_config").glob("*.json"))
    regions = by_region(entry for file in files for entry in placed_repositories(_read(file)))
    lists = interned(regions)
    names = {repositories: name for name, repositories in lists.items()}
    accounts = {
        region: {account: names[found] for account, found in placed.items()} for region, placed in regions.items()
    }
    return _origin(sdk, "image_uri_config/*.json") | {"accounts": accounts, "repositories": lists}


def jumpstart(sdk: Path) -> dict[str, Any]:
    """Return the content of ``jumpstart.json`` for the SDK unpacked in the folder *sdk*."""
    config = _read(_only(sdk, "jumpstart/region_config.json"))
    buckets = {
        region: {kind.removesuffix("_bucket"): bucket for kind, bucket in found.items()}
        for region, found in config.items()
    }
    owned_by_aws = "arn:{partition}:sagemaker:{region}:aws:"
    hub = {
        "content_arn": f"{owned_by_aws}hub-content/{_PUBLIC_HUB}/*",
        "hub_arn": f"{owned_by_aws}hub/{_PUBLIC_HUB}",
        "name": _PUBLIC_HUB,
        "source": "sagemaker/core/jumpstart/constants.py (JUMPSTART_MODEL_HUB_NAME), jumpstart/hub/hub.py",
    }
    return _origin(sdk, "jumpstart/region_config.json") | {"buckets": buckets, "public_hub": hub}


def _origin(sdk: Path, file: str) -> dict[str, Any]:
    metadata = HeaderParser().parsestr(_only(sdk, "*.dist-info/METADATA").read_text("utf-8"))
    return {
        "licence": "Apache-2.0",
        "source": f"PyPI {metadata['Name']} {metadata['Version']}, {file}",
        "version": metadata["Version"],
    }


def _only(sdk: Path, pattern: str) -> Path:
    found = sorted(sdk.rglob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{sdk} holds {len(found)} of {pattern}, not one: is it one unpacked SDK?")
    return found[0]


def _read(file: Path) -> Any:
    return json.loads(file.read_text("utf-8"))


def _write(name: str, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=2, sort_keys=True)
    (_DATA / name).write_text(f"{text}\n", "utf-8")


def main() -> None:
    """Write both files from the SDK folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sdk", type=Path, help="folder of one unpacked SDK wheel")
    sdk = parser.parse_args().sdk
    _write("image_accounts.json", image_accounts(sdk))
    _write("jumpstart.json", jumpstart(sdk))


if __name__ == "__main__":
    main()

"""
The build hook of the wheel: record what the catalog's YAML parses to, so that no run of the package parses it again.

The record is made from the very files that go into the wheel, by the reader that goes into it. An editable install has
none: its files are there to be changed, and a record in a checkout could be committed, and read without a review.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilderConfig


class RecordHook(BuildHookInterface[WheelBuilderConfig]):
    """Put ``_catalog/parsed.jsonl`` into the wheel, beside the files that it speaks of."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the record to a folder of its own, as the checkout may be read-only; hatchling takes it from there."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root, "src")))
        from rolemgr.files.parsed import RECORD

        self.folder = TemporaryDirectory()
        record = Path(self.folder.name, RECORD)
        record.write_text(_record(self.build_config.force_include), "utf-8")
        build_data["force_include"][str(record)] = f"rolemgr/_catalog/{RECORD}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written."""
        if version != "editable":
            self.folder.cleanup()


def _record(included: dict[str, str]) -> str:
    """Return the record of the YAML files among the folders and files that are *included*, by where they lie."""
    from rolemgr.files.parsed import record_of
    from rolemgr.files.source import read_text
    from rolemgr.files.yaml import parse_yaml

    texts = (read_text(path) for path in _yaml_files(map(Path, included)))
    return record_of((text, parse_yaml(text, "catalog")) for text in texts)


def _yaml_files(places: Iterator[Path]) -> Iterator[Path]:
    for place in places:
        yield from sorted(place.rglob("*.y*ml")) if place.is_dir() else [place]

"""
The build hook of the wheel: record what the catalog's files say, so that no run of the package reads them again.

One record has what their YAML parses to, with the line of every value, the other the models that roles are made from.
Both are made from the very files that go into the wheel, by the readers that go into it. An editable install has
none: its files are there to be changed, and a record in a checkout could be committed, and read without a review.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilderConfig

CATALOG = PurePosixPath("rolemgr/_catalog")
"""Where the catalog lies in the wheel."""


class RecordHook(BuildHookInterface[WheelBuilderConfig]):
    """Put the records into the wheel, beside the files that they speak of."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the records to a folder of their own, as the checkout may be read-only; hatchling takes them there."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root, "src")))
        self.folder = TemporaryDirectory()
        for name, text in _records(self.build_config.force_include).items():
            record = Path(self.folder.name, name)
            record.write_text(text, "utf-8")
            build_data["force_include"][str(record)] = str(CATALOG / name)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written."""
        if version != "editable":
            self.folder.cleanup()


def _records(included: Mapping[str, str]) -> dict[str, str]:
    """Return the records, by name, of the YAML files in the folders and files that are *included*, by their place."""
    from rolemgr.catalog import recorded
    from rolemgr.files import parsed
    from rolemgr.files.source import read_text
    from rolemgr.files.yaml import parse_yaml
    from rolemgr.model.source import parse_model

    texts = [(name, read_text(path)) for name, path in _yaml_files(included)]
    sources = [(name, text, parse_yaml(text, str(name))) for name, text in texts]
    models = [
        (text, parse_model(source, model).value) for name, text, source in sources if (model := recorded.model_of(name))
    ]
    return {
        parsed.RECORD: parsed.record_of((text, source) for _, text, source in sources),
        recorded.RECORD: recorded.record_of(models),
    }


def _yaml_files(included: Mapping[str, str]) -> Iterator[tuple[PurePosixPath, Path]]:
    """Yield the YAML files that are *included*, each with where it lies in the catalog."""
    for place, target in included.items():
        here, there = Path(place), PurePosixPath(target).relative_to(CATALOG)
        for path in sorted(here.rglob("*.y*ml")) if here.is_dir() else [here]:
            yield there / path.relative_to(here).as_posix(), path

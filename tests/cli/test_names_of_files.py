"""Names of files that are not UTF-8, or that a terminal would obey: no form of a report is lost by one."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 only")
_ADMIN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@pytest.fixture
def folder() -> None:
    """A folder with one of each."""
    Path("h").mkdir()
    for name in (b"h/lat\xe9in.json", b"h/esc\x1b[31m.json"):
        Path(os.fsdecode(name)).write_text(_ADMIN)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "markdown", "html"])
def test_each_form_has_both_files(form: str, run: "Run") -> None:
    """The exit code is that of the findings, and what is written is UTF-8 without what a terminal obeys."""
    ran = run("check", "h", "--format", form, "-o", "out")
    assert (ran.code, ran.errors) == (1, [])
    text = Path("out").read_text("utf-8")
    assert form == "html" or "\x1b" not in text  # a page is not read on a terminal
    assert "lat" in text
    assert "esc" in text
    if form == "sarif":
        results = json.loads(text)["runs"][0]["results"]
        places = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results]
        assert sorted(places) == ["h/esc%1B%5B31m.json", "h/lat%E9in.json"]
        assert len({one["partialFingerprints"]["rolemgr/v1"] for one in results}) == len(results)


@pytest.mark.usefixtures("folder")
def test_a_baseline_has_them_and_is_read_back(run: "Run") -> None:
    """Its findings are then known."""
    assert run("check", "h", "--write-baseline", "b.json").code == 0
    assert run("check", "h", "--baseline", "b.json").code == 0

"""`--format markdown` and `--format html` of the commands that make something to be reviewed."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog

ROLE = ("--persona", "tester", "--account", "123456789012", "--region", "eu-west-1")
GROUP = """\
title: "| </details> <script>alert(2)</script> @octocat"
description: Starts training jobs.
statements:
  - {sid: Jobs, actions: sagemaker:CreateTrainingJob, resources: "arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:training-job/*"}
"""


def data_of(page: str) -> object:
    """Return the data that the HTML *page* carries."""
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


@pytest.fixture
def hostile_catalog(user_catalog: "UserCatalog") -> str:
    """Write a catalog as a pull request may bring it, whose texts are HTML and Markdown."""
    persona = (
        'title: "</title><script>alert(1)</script> **@octocat** `x` https://evil.example"\n'
        "description: D.\nactivity_groups: [run]\n"
    )
    return str(user_catalog({"personas/tester.yaml": persona, "activity_groups/run.yaml": GROUP}))


def test_preview_as_a_page(run: "Run", hostile_catalog: str) -> None:
    """The data of the page are those of `--format json`; no text of the catalog is an element of it."""
    given = ("preview", "--catalog", hostile_catalog, *ROLE)
    page = run(*given, "--format", "html")
    assert (page.code, page.errors) == (0, [])
    assert data_of(page.stdout) == json.loads(run(*given, "--format", "json").stdout)
    assert "alert(1)</script>" not in page.stdout.partition('id="data"')[0]
    text = run(*given, "--format", "markdown").stdout
    assert "`</title><script>alert(1)</script>` `**@octocat**` `x` `https://evil.example`" in text
    assert "| run | <code>&#124;</code> `</details>` `<script>alert(2)</script>` `@octocat` |" in text


def test_preview_writes_a_file(run: "Run", hostile_catalog: str) -> None:
    """With the same bytes as on stdout."""
    given = ("preview", "--catalog", hostile_catalog, *ROLE, "--format", "html")
    assert run(*given, "-o", "role.html").code == 0
    assert Path("role.html").read_text("utf-8") == run(*given).stdout

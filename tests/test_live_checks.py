"""`docs/live-checks.md`: each fact that AWS does not say has a check, whose commands are of AWS's models and of a shell."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore import xform_name
from tests.cli.test_smoke import SERVICES
from tests.fake_aws import model
from tools.explanation_pages import facts
from tools.live_checks import checks

from rolemgr.check.collect import from_text
from rolemgr.check.run import check
from rolemgr.files.source import FileError
from rolemgr.iam.documents import PolicyType

TOP = Path(__file__).parents[1]
PAGE = (TOP / "docs/live-checks.md").read_text("utf-8")
SHELLCHECK = shutil.which("shellcheck") or ""
MEANT = {"kms-key-names": {"RM206"}, "run-time-of-definitions": {"RM311"}}
"""What `check` rightly finds: the old name of a key, and a limit that lets what carries no key through."""
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def test_what_aws_does_not_say_has_a_check() -> None:
    """Each decision, and each fact that others observed: whoever adds one says how a live account confirms it."""
    decided = {one["open"] for one in json.loads((TOP / "tools/decisions.json").read_text("utf-8"))}
    observed = {f"{one.topic}: {one.about}" for one in facts() if one.kind == "observed"}
    assert {one["about"] for one in checks()} == decided | observed


def test_they_take_an_hour_and_name_what_changes() -> None:
    """A file that is there; and what is said of the cost."""
    assert sum(one["minutes"] for one in checks()) <= 60
    assert [one["id"] for one in checks() if not (TOP / one["change"]).exists()] == []
    assert all(one["costs"] and one["expected"] and one["otherwise"] for one in checks())
    assert len({one["id"] for one in checks()}) == len(checks()) == PAGE.count("- Expected: ")


def calls() -> Iterator[list[str]]:
    """Yield the words of each call of the AWS CLI on the page, behind ``aws``."""
    for block in BLOCKS:
        for line in block.splitlines():
            words = shlex.split(re.sub(r"\$\([^()]*\)", "x", line.partition("$(aws ")[2].rpartition(")")[0] or line))
            if "aws" in words:
                yield words[words.index("aws") + 1 :]
            elif "$(aws " in line:
                yield words


def test_each_command_is_one_of_the_models() -> None:
    """The operation, its options, and all that it must have; a waiter is one of botocore's."""
    found = list(calls())
    assert len(found) > 30
    for service, name, *options in found:
        known = model(SERVICES.get(service, service))
        if name == "wait":
            continue
        [operation] = [one for one in known.operation_names if xform_name(one, "-") == name]
        shape = known.operation_model(operation).input_shape
        members = {f"--{xform_name(one, '-')}": one for one in (shape.members if shape else ())}
        given = {option.partition("=")[0] for option in options if option.startswith("--")}
        assert given - {"--query", "--output"} <= set(members), (name, given)
        required = {f"--{xform_name(one, '-')}" for one in (shape.required_members if shape else ())}
        assert required <= given or '"$@"' in BLOCKS[0].partition(name)[2].partition("\n")[0], (name, required - given)


def test_each_policy_asks_what_it_means_to() -> None:
    """No action and no key that AWS does not know, and no key that the action does not take"""
    seen = 0
    for one in checks():
        for text in re.findall(r"try '(\{.*?\})' ", "\n".join(one["commands"])):
            documents = from_text(text, one["id"], as_json=True, kind=PolicyType.IDENTITY)
            seen += len(documents)
            rules = {found.rule for found in check(documents) if found.rule[:3] in ("RM1", "RM2", "RM3", "RM4")}
            assert rules <= MEANT.get(one["id"], set()), (one["id"], rules)
    assert seen > 12


@pytest.mark.skipif(not SHELLCHECK, reason="shellcheck is not there")
def test_shellcheck_has_nothing_to_say(tmp_path: Path) -> None:
    """Of the page as one script, from top to bottom; a policy variable in single quotes is IAM's (SC2016)."""
    path = tmp_path / "live.sh"
    path.write_text("#!/bin/sh\n" + "\n".join(BLOCKS), "utf-8")
    done = subprocess.run([SHELLCHECK, "--exclude=SC2016", str(path)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_what_is_no_json_would_be_found() -> None:
    """The judge of the policies does read them."""
    with pytest.raises(FileError):
        from_text('{"Version":', "x", as_json=True)

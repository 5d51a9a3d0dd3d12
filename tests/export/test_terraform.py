"""Terraform itself makes the role of a module, and finds nothing to change after that."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.export.conftest import Server
from tests.export.support import (
    ACCOUNT,
    CATALOG,
    NASTY,
    REGIONS,
    chosen,
    direct,
    exported,
    filled,
    meaning,
    role_of,
)
from tests.support import ALL_LIMITS

from rolemgr.export.formats import Options
from rolemgr.export.portable import portable
from rolemgr.export.stand_ins import STAND_INS
from rolemgr.export.terraform import in_terraform

PARAMETERIZED = Options(parameterize=True)
REGION = "eu-west-1"


def module(options: Options | None = None, **choices: Any) -> dict[str, Any]:
    """Return the module of the role that *choices* compose to."""
    data: dict[str, Any] = json.loads(exported("terraform", options, **choices).text)
    return data


# Filled by a few lines that know Terraform's templates.


@pytest.mark.sampled(8)
@pytest.mark.parametrize("persona", sorted(CATALOG.found("personas")))
def test_module_is_the_role_in_every_region(persona: str) -> None:
    """The policies in its locals, filled for any region: what is rendered directly."""
    made = module(persona=persona)
    for region in REGIONS[::3]:
        wanted = direct(persona=persona, account=ACCOUNT, region=region)
        assert meaning(filled(made, region)) == meaning(wanted), region


def test_variables_take_the_place_of_what_was_given() -> None:
    """Each value is a variable of its own, whose default is the value."""
    chosen = {"persona": "ml-engineer", "bucket": ["a-a", "b-b"], "security_group": ["sg-1"], "subnet": ["subnet-1"]}
    made = module(PARAMETERIZED, **chosen)
    variables = {name: one["default"] for name, one in made["variable"].items()}
    assert variables == {"bucket_1": "a-a", "bucket_2": "b-b", "security_group": "sg-1", "subnet": "subnet-1"}
    other = {"bucket_1": "c-c", "bucket_2": "d-d", "security_group": "sg-2", "subnet": "subnet-2"}
    wanted = direct(
        persona="ml-engineer", account=ACCOUNT, region=REGION, bucket=["c-c", "d-d"], security_group=["sg-2"],
        subnet=["subnet-2"],
    )  # fmt: skip
    assert meaning(filled(made, REGION, **other)) == meaning(wanted)


@pytest.mark.parametrize("value", ["*", "acme-*", "${aws:username}", "a/b", "acme\n", ""])
def test_variables_take_no_pattern(value: str) -> None:
    """Nobody widens the role by a value: neither wildcard nor policy variable is a bucket's name."""
    made = module(PARAMETERIZED, persona="sagemaker-compute", bucket=["acme"])
    condition = made["variable"]["bucket"]["validation"]["condition"]
    pattern = re.search(r'regex\("\^(.*)\$", var\.bucket\)', condition)
    assert pattern
    assert re.fullmatch(pattern[1], "acme")
    assert not re.fullmatch(pattern[1], value)


@pytest.mark.parametrize("signs", ["$", "%", "$$", "a%$"])
def test_a_sign_before_an_expression_stays_a_sign(signs: str) -> None:
    """Terraform would read the first sign of ``$${`` as an escape, and the account as plain text."""
    one = chosen(persona="sagemaker-compute")
    made = portable(CATALOG, one.spec, one.documents)
    text = str(in_terraform(f"{signs}{STAND_INS['account']}", made))
    assert not re.search(r"[$%][$%]\{", text)
    assert re.sub(r'\$\{"(.)"\}', r"\1", text) == f"{signs}${{data.aws_caller_identity.current.account_id}}"


# Applied by Terraform.


def _plugins() -> Path | None:
    """
    Return a folder from which Terraform can install the AWS provider without a network, if there is one.

    ``ROLEMGR_TEST_TF_PLUGINS`` names it; else it is one of Terraform's own implied mirrors, or lies under /opt.
    """
    named = os.environ.get("ROLEMGR_TEST_TF_PLUGINS")
    home = Path.home()
    implied = [home / ".terraform.d/plugins", home / ".local/share/terraform/plugins",
               Path("/usr/local/share/terraform/plugins"), Path("/usr/share/terraform/plugins")]  # fmt: skip
    found = [Path(named)] if named else [*implied, *Path("/opt").glob("*")]
    return next((one for one in found if (one / "registry.terraform.io/hashicorp/aws").is_dir()), None)


PLUGINS = _plugins()
TERRAFORM = shutil.which("terraform")
needs_terraform = pytest.mark.skipif(
    not (TERRAFORM and PLUGINS),
    reason="needs terraform and a folder with its AWS provider (ROLEMGR_TEST_TF_PLUGINS)",
)
ROLES: dict[str, tuple[dict[str, Any], Options]] = {
    "plain": ({"persona": "sagemaker-compute"}, Options()),
    "large": ({**ALL_LIMITS, "name": "large"}, PARAMETERIZED),
    "nasty": (
        # without a plus: moto gives a managed policy's + back as a space
        {"persona": "data-scientist", "name": "n=,.@-_", "path": "/ml/x/", "description": NASTY, "max_session": "90m",
         "tag": {"Project": "a b"}, "boundary": "arn:aws:iam::aws:policy/PowerUserAccess", "abac": ["Project"],
         "trust": [{"kind": "saml", "value": "arn:aws:iam::111122223333:saml-provider/Okta"}]},
        Options(),
    ),
    "by-tag": (
        {"persona": "data-scientist", "name": "by-tag", "bucket": ["acme", "acme-${aws:PrincipalTag/Project}"],
         "tag": {"Project": "churn"}},
        PARAMETERIZED,
    ),
    "managed": ({"persona": "data-scientist", "name": "managed", "inline": "no"}, Options()),
    "bounded": ({"persona": "data-scientist", "name": "bounded", "with_boundary": True}, Options()),
    "attached": (
        {"persona": "sagemaker-feature-store", "account": ACCOUNT, "region": "us-west-2",
         "managed_policy": ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]},
        Options(),
    ),
}  # fmt: skip


@pytest.mark.nightly
@needs_terraform
def test_terraform_makes_the_roles_and_then_changes_nothing(aws: Server, tmp_path: Path) -> None:
    """One apply, which validates first, of several modules: each role is the one that is rendered, and a second plan is empty."""
    _write_modules(tmp_path, aws.address)
    assert _terraform(tmp_path, "init", "-input=false") == ""
    assert _terraform(tmp_path, "apply", "-input=false", "-auto-approve") == ""
    for choices, _ in ROLES.values():
        wanted = direct(**_in_place(choices))
        assert meaning(role_of(aws.client("iam"), wanted["RoleName"])) == meaning(wanted)
    assert _terraform(tmp_path, "plan", "-input=false", "-detailed-exitcode") == ""  # 2 where something would change


def _in_place(choices: dict[str, Any]) -> dict[str, Any]:
    """Return *choices* for the account: a provider of it, where the module says one of its own."""
    text = json.dumps({"account": ACCOUNT, "region": REGION, **choices})
    found: dict[str, Any] = json.loads(text.replace(":iam::111122223333:saml", f":iam::{ACCOUNT}:saml"))
    return found


def _write_modules(folder: Path, address: str) -> None:
    """Write a module for each of `ROLES`, a configuration that uses them all, and the settings of Terraform."""
    for name, (choices, options) in ROLES.items():
        (folder / name).mkdir()
        (folder / name / "role.tf.json").write_text(exported("terraform", options, **choices).text, encoding="utf-8")
    keys = {"access_key": "x", "secret_key": "x", "endpoints": [{"iam": address, "sts": address}]}
    skipped = ("credentials_validation", "metadata_api_check", "requesting_account_id")
    provider = {"region": REGION, **keys, **{f"skip_{name}": True for name in skipped}}
    modules = {name: {"source": f"./{name}"} for name in ROLES}
    (folder / "main.tf.json").write_text(json.dumps({"provider": {"aws": provider}, "module": modules}))
    mirror = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{PLUGINS}"\n  }}\n}}\n'
    (folder / "terraformrc").write_text(mirror)


def _terraform(folder: Path, *args: str) -> str:
    """Run Terraform in *folder*, with nothing of this machine's own settings; return what it says where it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
    environment = {**kept, "TF_CLI_CONFIG_FILE": str(folder / "terraformrc"), "CHECKPOINT_DISABLE": "1"}
    ran = subprocess.run(
        [str(TERRAFORM), args[0], "-no-color", *args[1:]],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ran.stdout + ran.stderr if ran.returncode else ""

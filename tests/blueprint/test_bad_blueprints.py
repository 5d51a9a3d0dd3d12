"""Each wrong blueprint is one line: the file, the line, what is wrong, and the nearest right thing; nothing is built."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.blueprint.accepting import ANYWHERE, accepting

if TYPE_CHECKING:
    from tests.conftest import Run

RIGHT = """\
organization: {id: o-a1b2c3d4e5, landing_zone: [control-tower]}
regions: [eu-west-1]
accounts:
  data: {id: "111111111111", ou: ml}
  modelling: {id: "222222222222", ou: ml}
ous:
  ml: {guardrail: {max-runtime: 12h}}
keys: {data/k: 1234abcd-12ab-34cd-56ef-1234567890ab}
buckets: {data/curated: {name: acme-curated, key: data/k}}
registries: {modelling/reg: [churn]}
roles:
  modelling/training: {persona: sagemaker-compute}
flows:
  - modelling/training reads data/curated
layers: {scp: [approved-regions], rcp: [organization-identities]}
"""
WRONG = [
    ("o-a1b2c3d4e5", "a1b2", "1: in `organization.id`: `a1b2` is not an organization's id such as o-a1b2c3d4e5"),
    ("[control-tower]", "[controltower]", "1: unknown landing zone `controltower`; did you mean control-tower?"),
    ("landing_zone: [control-tower]", "free_scp_slots: 99",
     "1: `99` is not 1 to 9: AWS's own policy takes one slot"),
    ('"222222222222", ou: ml', '"222222222222", ou: mll', "5: unknown organizational unit `mll`; did you mean ml?"),
    ('"222222222222"', '"111111111111"', "5: account 111111111111 is `data` already; an account has one name"),
    ("max-runtime: 12h", "max-runtim: 12h", "7: unknown guardrail `max-runtim`; did you mean max-runtime?"),
    ("{guardrail: {max-runtime: 12h}}", "{id: ou-1}",
     "7: in `ous.ml.id`: `ou-1` is not an organizational unit's id such as ou-a1b2-c3d4e5f6"),
    ("1234abcd-12ab-34cd-56ef-1234567890ab", "alias/k",
     "8: in `keys.data/k`: `alias/k` is not a key's id such as 1234abcd-12ab-34cd-56ef-1234567890ab, or its ARN; a policy"
     " can't name a key by its alias"),
    ("acme-curated", "Acme_Curated",
     "9: in `buckets.data/curated.name`: `Acme_Curated` is not a bucket name: 3 to 63 of a-z, 0-9, dot and hyphen"),
    ("key: data/k}", "key: data/kk}", "9: unknown key `data/kk`; did you mean data/k?"),
    ("[churn]", '["a b"]',
     "10: in `registries.modelling/reg`: `a b` is not a name: letters, digits and ._/-, with * and ? as wildcards"),
    ("modelling/training: {", "modeling/training: {", "12: unknown account `modeling`; did you mean modelling?"),
    ("persona: sagemaker-compute", "persona: sagemaker-computer",
     "12: unknown persona `sagemaker-computer`; did you mean sagemaker-compute, sagemaker-clusters, sagemaker-glue?"),
    ("persona: sagemaker-compute", "file: ../x.yaml",
     "12: `../x.yaml` leads out of the blueprint's folder; a role file lies beside the blueprint or below:"
     " roles/churn.yaml"),
    ("persona: sagemaker-compute", "file: no.yaml", "12: there is no role file `no.yaml`; it is looked for in ."),
    ("persona: sagemaker-compute", 'persona: sagemaker-compute, account: "333333333333"',
     "12: a role of a blueprint is in the account of its place; leave `account` out"),
    ("persona: sagemaker-compute", "persona: sagemaker-compute, pass_role: [modelling/traning]",
     "12: unknown role `modelling/traning`; did you mean modelling/training?"),
    ("training reads", "trainin reads", "14: unknown role `modelling/trainin`; did you mean modelling/training?"),
    (" reads ", " reed ", "14: unknown verb `reed`; did you mean reads?"),
    ("reads data/curated", "reads modelling/reg", "14: a role reads a bucket, and `modelling/reg` is a registry"),
    ("reads data/curated", "works in data/curated in x/*",
     "14: a role works in a bucket as a whole; leave out `in x/*`"),
    ("reads data/curated", "reads data/curated as churn", "14: unknown project of this account `churn`"),
    ("[approved-regions]", "[approved-region]",
     "15: unknown scp `approved-region`; did you mean approved-regions, approved-regions-all-services?"),
    ("layers: {", "layers: {exempt: [foo], ",
     "15: unknown role `foo`; or the ARN of a role such as arn:aws:iam::*:role/platform/break-glass"),
    ("layers: {", "layers: {exempt: [{role: modelling/training, until: tomorrow}], ",
     "15: in `layers.exempt[0].until`: `tomorrow` is not a point in time: write it as 2026-12-24T18:00Z"),
    ("layers: {scp: [approved-regions], rcp", 'layers: {exempt: ["arn:aws:iam::*:role/x"], rcp',
     "15: nothing is exempt of RCPs; `exempt` goes with SCPs of the same level"),
    ("layers: {", "projects: {churn: {account: modelling, bucket: data/x}}\nlayers: {",
     "15: projects are told apart by a tag key, and there is none; say `abac: [Project]` at the top of the blueprint"),
    ("layers: {", "abac: [P]\nprojects: {churn: {account: modeling, bucket: data/x}}\nlayers: {",
     "16: unknown account `modeling`; did you mean modelling?"),
    ("layers: {", "abac: [P]\nprojects: {churn: {account: data, bucket: data/curated, key: data/k, prefix: x}}\nlayers: {",
     "16: in `projects.churn.prefix`: `x` is not a prefix such as churn/*"),
    ("layers: {",
     "network: {subnets: [subnet-0a], security_groups: [sg-0a]}\nsubnet: [subnet-0a]\nlayers: {",
     "16: `subnet` and `network` say the same; leave one of them out"),
    ("data: {id", "data: {catalog: [x], id",
     "4: a blueprint has one catalog for all roles; say `catalog` at its top"),
    ("persona: sagemaker-compute", "persona: sagemaker-compute, catalog: x",
     "12: a blueprint has one catalog for all roles; say `catalog` at its top"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG, ids=[wrong for _, wrong, _ in WRONG])
def test_a_wrong_blueprint_is_said(right: str, wrong: str, message: str, run: "Run") -> None:
    """With its line; and no folder is made for it."""
    assert right in RIGHT
    Path("bp.yaml").write_text(RIGHT.replace(right, wrong), "utf-8")
    ran = run("build", "bp.yaml", "-o", "out")
    assert (ran.code, ran.errors) == (2, [f"bp.yaml:{message}"])
    assert not Path("out").exists()


def test_the_right_one_is_right(run: "Run") -> None:
    """So that each message is about the one thing that was changed."""
    Path("bp.yaml").write_text(RIGHT + accepting(ANYWHERE), "utf-8")
    assert (run("build", "bp.yaml", "-o", "out").errors, run("prove", "bp.yaml").code) == ([], 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n", "1: is not a blueprint; one has `accounts` and `roles`"),
        ("[1]\n", "1: is not a blueprint; one has `accounts` and `roles`"),
        ('accounts: {a: {id: "111111111111"}}\nroles: {}\n',
         "1: has no role; say `roles`, or roles of a unit, or `projects`"),
        ('accoutns: {a: {id: "111111111111"}}\nroles: {a/b: {persona: x}}\n', "1: unknown key `accoutns`; did you mean accounts?"),
    ],
)  # fmt: skip
def test_a_file_that_is_none(text: str, message: str, run: "Run") -> None:
    """Is said to be none, or what it lacks."""
    Path("bp.yaml").write_text(text, "utf-8")
    ran = run("show", "blueprint", "bp.yaml")
    assert (ran.code, ran.errors[0]) == (2, f"bp.yaml:{message}")


@pytest.mark.parametrize("name", ["role.yaml", "linked/secret.yaml", "again.yaml"])
def test_a_role_file_behind_a_link_is_not_read(run: "Run", tmp_path: Path, name: str) -> None:
    """A pull request can't have a file of the machine read by a link in the repository: to it, or to its folder."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text("persona: sagemaker-compute\n", "utf-8")
    (folder / "role.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "again.yaml").symlink_to("role.yaml")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "bp.yaml").write_text(
        f'accounts: {{a: {{id: "111111111111"}}}}\nroles: {{a/b: {{file: {name}}}}}\n', "utf-8"
    )
    ran = run("build", "repository/bp.yaml", "-o", "out")
    wanted = f"`{name}` is a link that leads out of the blueprint's folder; copy the file there"
    assert (ran.code, ran.errors) == (2, [f"repository/bp.yaml:2: {wanted}"])


def test_a_role_file_of_another_account(run: "Run") -> None:
    """Is refused where it says its account, at that line."""
    Path("roles").mkdir()
    Path("roles/x.yaml").write_text('persona: sagemaker-compute\naccount: "333333333333"\n', "utf-8")
    Path("bp.yaml").write_text('accounts: {a: {id: "111111111111"}}\nroles: {a/b: {file: roles/x.yaml}}\n', "utf-8")
    ran = run("build", "bp.yaml", "-o", "out")
    wanted = "`a/b` takes a role file of account 333333333333, and is in 111111111111; leave `account` out of the file"
    assert (ran.code, ran.errors) == (2, [f"roles/x.yaml:2: {wanted}"])

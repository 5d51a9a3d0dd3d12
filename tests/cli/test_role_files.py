"""Role files as arguments: files, folders and patterns, told apart by what is in them."""

import json
import re
from pathlib import Path

import pytest
from tests.conftest import Run

ROLE = 'persona: sagemaker-feature-store\naccount: "111122223333"\nregion: eu-west-1\nname: {}\n'
OTHERS = {
    "policy.yaml": ('{"Version": "2012-10-17", "Statement": []}', "but policies; `rolemgr check`"),
    "blueprint.yaml": ('accounts: {a: {id: "111122223333"}}\nroles: {}\n', "but a blueprint; `rolemgr build`"),
    "tests.yaml": ("persona: data-scientist\ncases: []\n", "but policy tests; `rolemgr test` takes it"),
    "inventory.yaml": ("accounts: []\n", "but an inventory; `rolemgr audit` takes it"),
}
NEEDED = {
    "elevated": ("--raise", "max-runtime=72h", "--expires", "2026-12-24T18:00Z", "--trust", "github:acme/ml"),
    "break-glass": (
        "--user", "otto", "--user", "mia", "--user-account", "444455556666", "--alarm-account", "777788889999",
        "--landing-zone", "stacksets",
    ),
    "apply": ("--yes",),
}  # fmt: skip
"""What a command can't be without."""
TAKES_MANY = ("create", "preview", "prove", "plan", "apply", "drift", "boundary", "elevated", "break-glass")


@pytest.fixture(autouse=True)
def roles() -> None:
    """Write two role files, one in a folder below, and files that are none."""
    Path("roles/below").mkdir(parents=True)
    Path("roles/.hidden").mkdir()
    Path("roles/a.yaml").write_text(ROLE.format("a"))
    Path("roles/below/b.yml").write_text("# a comment\n" + ROLE.format("b"))
    Path("roles/.hidden/c.yaml").write_text(ROLE.format("c"))
    for name, (text, _) in OTHERS.items():
        Path("roles", name).write_text(text)


@pytest.mark.parametrize("words", [("roles",), ("roles/",), ("roles/a.yaml", "roles/below"), ("roles/**/[ab].y*ml",)])
def test_a_folder_a_pattern_and_names_are_the_same(words: tuple[str, ...], run: Run) -> None:
    """Each role once, and what was made is said."""
    ran = run("create", *words, "-o", "out")
    assert ran.code == 0, ran.stderr
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.json", "b.json"]
    assert ran.notes[-1] == "2 roles written to out"


def test_what_a_folder_holds_besides_is_said(run: Run) -> None:
    """Nobody believes that a file was taken which was not."""
    Path("roles/z.json").write_text("{}")
    said = next(text for text in run("create", "roles", "-o", "out").notes if "passed over" in text)
    assert said.startswith("roles: passed over files besides role files: roles/blueprint.yaml, ")
    assert said.endswith("roles/policy.yaml and 2 more")


def test_what_can_not_be_read_is_not_passed_over(run: Run) -> None:
    """It may be a role: the others are made, and it is an error at its line."""
    Path("roles/broken.yaml").write_text("persona: [\n")
    ran = run("create", "roles", "-o", "out")
    assert ran.code == 2
    assert ran.errors[0].startswith("roles/broken.yaml:")
    assert len(list(Path("out").iterdir())) == 2


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("command", [*TAKES_MANY, "smoke"])
def test_another_kind_of_file_is_told(command: str, name: str, run: Run) -> None:
    """One line: what it is, and which command takes it; a blueprint goes where it may."""
    ran = run(command, f"roles/{name}", *NEEDED.get(command, ()))
    if name == "blueprint.yaml" and command in ("preview", "prove", "plan", "apply", "drift"):
        assert "is not a role file" not in ran.stderr
        return
    assert ran.code == 2
    assert ran.errors == [one for one in ran.errors if one.startswith(f"roles/{name}:1: is not a role file, ")]
    assert OTHERS[name][1] in ran.errors[0]


@pytest.mark.parametrize("command", [*TAKES_MANY, "smoke"])
def test_a_file_goes_without_a_persona_and_role_option(command: str, run: Run) -> None:
    """Which of the two is meant is not guessed."""
    for option in ("--persona", "--role"):
        ran = run(command, "roles/a.yaml", option, "x")
        assert (ran.code, ran.errors) == (2, [f"{option}: goes without role files; each of these is a role"])


def test_each_of_several_roles_has_its_page(run: Run) -> None:
    """Page after page, one JSON document, Markdown one below the other; HTML is one page of all."""
    Path("roles/blueprint.yaml").unlink()
    names = ["roles/a.yaml", "roles/below/b.yml"]
    found = json.loads(run("preview", "roles", "--format", "json").stdout)["roles"]
    alone = [json.loads(run("preview", name, "--format", "json").stdout) for name in names]
    assert found == [{"file": name, **one} for name, one in zip(names, alone, strict=True)]
    text = run("preview", *names).stdout
    pages = [run("preview", name).stdout for name in names]
    assert text == f"{names[0]}\n{pages[0]}\n{names[1]}\n{pages[1]}"
    pages = [run("preview", name, "--format", "markdown").stdout for name in names]
    assert run("preview", "roles/**/[ab].y*ml", "--format", "markdown").stdout == "\n".join(pages)
    html = run("preview", "roles", "--format", "html").stdout
    assert html.count("<html") == 1
    for name in ("a", "b"):
        assert f"{name}: Who may assume it" in re.sub(r"<[^>]+>", "", html)
    embedded = re.search(r'id="data"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert embedded
    assert json.loads(embedded[1]) == {"roles": found}
    Path("roles/broken.yaml").write_text("persona: [\n")
    ran = run("preview", "roles", "--format", "json")
    assert (ran.code, json.loads(ran.stdout)["roles"]) == (2, found)
    assert [one[:20] for one in ran.errors] == ["roles/broken.yaml:2:"]
    assert run("preview", "roles", "--format", "html").stdout == html


def test_each_of_several_roles_has_a_boundary(run: Run) -> None:
    """The same as by itself, in a folder; proofs are over all of them; what is about one boundary is refused."""
    Path("roles/blueprint.yaml").unlink()
    ran = run("boundary", "roles", "--format", "terraform", "-o", "out")
    assert (ran.code, ran.notes[-1]) == (0, "2 roles bounded in out")
    for name, file in (("a", "roles/a.yaml"), ("b", "roles/below/b.yml")):
        assert (
            Path(f"out/{name}-boundary/policy.tf.json").read_text()
            == run("boundary", file, "--format", "terraform").stdout
        )
    alone = [
        json.loads(run("boundary", one, "--prove", "--format", "json").stdout)["checked"]
        for one in ("roles/a.yaml", "roles/below")
    ]
    proven = json.loads(run("boundary", "roles", "--prove", "--format", "json").stdout)
    assert (proven["checked"], len(proven["proofs"])) == (sum(alone), 2)
    for words, says in (
        ((), "several role files give several results"),
        (("--boundary-name", "x", "-o", "o"), "--boundary-name: names one boundary, and each of several role files"),
        (("--boundary-for", "sagemaker-compute", "-o", "o"), "--boundary-for: goes with --persona, and without --name"),
        (("--prove", "--attached", "a.json"), "--attached: is the boundary of one role, and several role files are"),
    ):
        refused = run("boundary", "roles", *words)
        assert (refused.code, refused.stdout, refused.errors[0][: len(says)]) == (2, "", says)
    Path("roles/twin.yaml").write_text(ROLE.format("A"))
    Path("roles/bad.yaml").write_text(ROLE.format("bad") + "guardrail: nosuch\n")
    ran = run("boundary", "roles", "-o", "other")
    assert ran.code == 2
    assert [path.name for path in Path("other").iterdir()] == ["b-boundary.json"]
    assert [one.partition(": ")[0] for one in ran.errors] == ["roles/a.yaml", "roles/bad.yaml:5", "roles/twin.yaml"]
    assert "has a boundary `A-boundary` already, by roles/a.yaml" in ran.errors[2]


def test_each_of_several_roles_has_an_elevated_one(run: Run) -> None:
    """In a folder of its own, beside one SCP that lets all of them go: either of two would stop the other's role."""
    Path("roles/blueprint.yaml").unlink()
    for name in ("a.yaml", "below/b.yml"):
        text = Path("roles", name).read_text()
        Path("roles", name).write_text(text.replace("sagemaker-feature-store", "ml-engineer"))
    raised = ("--raise", "max-runtime=72h", "--trust", "github:acme/ml?environment=e", "--expires", "2026-12-24T18:00Z")
    scp = ("--scp", "instance-ceilings", "--scp-parameter", "types=ml.m5.*")
    ran = run("elevated", "roles", *raised, *scp, "-o", "out/")
    assert ran.code == 0, ran.stderr
    held = ("APPROVAL.md", "elevated.yaml", "role.template.yaml")
    found = sorted(str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file())
    assert found == [*(f"{name}-elevated/{one}" for name in "ab" for one in held), "scp.template.yaml"]
    text = Path("out/scp.template.yaml").read_text()
    assert '"aws:PrincipalArn":["arn:aws:iam::111122223333:role/a-elevated","arn:aws:iam::111122223333:role/b-' in text
    pages = [run("elevated", one, *raised).stdout for one in ("roles/a.yaml", "roles/below")]
    assert run("elevated", "roles", *raised).stdout == f"roles/a.yaml\n{pages[0]}\nroles/below/b.yml\n{pages[1]}"
    each = json.loads(run("elevated", "roles", *raised, "--format", "json").stdout)["roles"]
    assert [(one["file"], one["Role"]["RoleName"]) for one in each] == [
        ("roles/a.yaml", "a-elevated"), ("roles/below/b.yml", "b-elevated")
    ]  # fmt: skip
    assert run("elevated", "roles", *raised, "--name", "x").errors[0].startswith("--name: names one role")
    Path("roles/store.yaml").write_text(ROLE.format("store"))
    ran = run("elevated", "roles", *raised)
    assert (ran.code, ran.stdout.count("\nelevated  arn:")) == (2, 2)
    assert ran.errors == ["roles/store.yaml: --raise: unknown guardrail of the role `max-runtime`; it has none"]


def test_a_claim_is_proven_of_all(run: Run) -> None:
    """As many requests as for each by itself."""
    Path("roles/blueprint.yaml").unlink()
    asked = [
        json.loads(run("prove", name, "--format", "json").stdout)["checked"] for name in ("roles/a.yaml", "roles/below")
    ]
    ran = run("prove", "roles", "--format", "json")
    assert ran.code == 0
    assert json.loads(ran.stdout)["checked"] == sum(asked)
    assert run("prove", "roles").stdout.startswith("2 roles: proven")


def test_a_role_that_fails_fails_all(run: Run) -> None:
    """And what breaks the claim says of which role it is."""
    Path("roles/blueprint.yaml").unlink()
    Path("roles/wide.yaml").write_text(
        ROLE.format("wide").replace("feature-store", "compute") + "add: [deploy-endpoints]\n"
    )
    ran = run("prove", "roles")
    assert ran.code == 1
    assert "--role roles/wide.yaml" in ran.stdout


def test_a_request_is_asked_of_a_role_file(run: Run) -> None:
    """As with --role; a policy beside it is another run's."""
    request = ("--action", "s3:PutObject", "--resource", "arn:aws:s3:::sagemaker-eu-west-1-111122223333/x")
    assert (
        run("simulate", "roles/a.yaml", *request).stdout == run("simulate", "--role", "roles/a.yaml", *request).stdout
    )
    ran = run("simulate", "roles/a.yaml", "roles/policy.yaml", *request)
    assert ran.errors == ["roles/a.yaml: is a role file, which goes alone; give policies in another run"]


def test_a_name_that_is_no_file_may_be_a_persona(run: Run) -> None:
    """The nearest right thing is said."""
    assert run("plan", "data-scientist").errors == [
        "data-scientist: there is no such file; did you mean --persona data-scientist?"
    ]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("data-scientst", "did you mean --persona data-scientist?"),
        ("ml-people", "a persona is given with --persona: `rolemgr list personas`"),
    ],
)
def test_a_word_that_is_no_file_is_no_persona_by_that(word: str, hint: str, run: Run) -> None:
    """What is suggested is there."""
    assert run("boundary", word).errors == [f"{word}: there is no such file; {hint}"]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("kms-key", "did you mean data_key (what jobs read and write) or volume_key (disks)?"),
        ("groups", "did you mean add (beside the persona's groups) or remove?"),
        ("max-session", "did you mean max_session?"),
        ("trust_policy", "did you mean trust?"),
        ("subnets", "did you mean subnet?"),
    ],
)
def test_a_key_by_another_name_is_told_with_ours(key: str, hint: str, run: Run) -> None:
    """Everyday words, other tools' words, and hyphens."""
    Path("k.yaml").write_text(f"{ROLE.format('k')}{key}: x\n")
    assert run("create", "k.yaml").errors == [f"k.yaml:5: unknown key `{key}`; {hint}"]


def test_a_module_is_named_as_terraform_reads_it(run: Run) -> None:
    """HCL and JSON are told apart by the ending."""
    ran = run("scp", "no-root", "--format", "terraform", "-o", "scp.tf")
    assert ran.errors[0].endswith("; Terraform reads JSON from scp.tf.json; or choose another --format")

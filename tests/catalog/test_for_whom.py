"""Who each built-in persona is for: in a line of `list personas`, and at one end of the questions that lead to it."""

import re
from pathlib import Path

from rich.console import Console

from rolemgr.catalog.load import Catalog
from rolemgr.report.personas import personas_table

PAGE = Path(__file__).parents[2] / "docs/choose-a-persona.md"
LEAF = re.compile(r"^ +- .*: `([a-z0-9-]+)`(?: \(.*\))?$", re.MULTILINE)
CATALOG = Catalog()


def test_a_line_of_80_columns_says_who_each_is_for() -> None:
    """None is missing, and none breaks: one persona, one line."""
    console = Console(width=80)
    with console.capture() as captured:
        console.print(personas_table(CATALOG))
    head, *lines = captured.get().splitlines()
    assert re.split(r"  +", head.rstrip()) == ["Persona", "For", "Groups"]
    shown = {name: said for line in lines for name, said, _count in [re.split(r"  +", line.strip())]}
    assert shown == {name: CATALOG.persona(name).value.for_whom for name in CATALOG.found("personas")}


def test_the_questions_end_in_each_persona_once() -> None:
    """Each leaf is a persona, and each persona one leaf; the sections behind the questions have none."""
    questions, _, others = PAGE.read_text("utf-8").partition("\n## ")
    assert sorted(LEAF.findall(questions)) == list(CATALOG.found("personas"))
    assert not LEAF.findall(others)

"""When a method of the SDK makes a call: conditions on its parameters, from its source."""

import ast

import pytest
from tests.code.test_reader import reading
from tools.sdk_guards import Literal, bound_by, defaults_of, places_of, translated
from tools.sdk_ways import Visit, unless_been

from rolemgr.code.sdk_table import tables

AIR = "from sagemaker.ai_registry.{} import {}\n"
DATA, JUDGE = AIR.format("dataset", "DataSet"), AIR.format("evaluator", "Evaluator")
BEDROCK = "from sagemaker.serve.bedrock_model_builder import BedrockModelBuilder as B\nb = B(model='s3://b/m')\n"
CALLED = {
    "a local file is sent": (f"{DATA}DataSet.create('d', 'x.jsonl')", "s3.PutObject", True),
    "and not read": (f"{DATA}DataSet.create('d', 'x.jsonl')", "s3.GetObject", False),
    "one at S3 is read": (f"{DATA}DataSet.create('d', source='s3://b/x.jsonl')", "s3.GetObject", True),
    "and not sent": (f"{DATA}DataSet.create('d', source='s3://b/x.jsonl')", "s3.PutObject", False),
    "the beginning tells": (f"{DATA}def f(x):\n  DataSet.create('d', f's3://{{x}}/y')\nf(1)", "s3.PutObject", False),
    "what is not known may be either": (f"{DATA}import os\nDataSet.create('d', os.environ['X'])", "s3.PutObject", True),
    "and the other": (f"{DATA}import os\nDataSet.create('d', os.environ['X'])", "s3.GetObject", True),
    "so may an argument in a star": (f"{DATA}import json\nk = json.load(open('k'))\nDataSet.create(**k)", "s3.PutObject",
                                     True),
    "a function of one's own": (f"{JUDGE}Evaluator.create('e', 'RewardFunction', 'r.py')", "lambda.CreateFunction", True),
    "one that is there": (f"{JUDGE}Evaluator.create('e', 'RewardFunction', source='arn:aws:lambda:us-east-1:1:function:f')",
                          "lambda.CreateFunction", False),
    "another type": (f"{JUDGE}Evaluator.create('e', type='RewardPrompt', source='p.txt')", "lambda.CreateFunction", False),
    "a name from elsewhere may be it": (f"{JUDGE}from sagemaker.ai_registry.x import T\nEvaluator.create('e', T, 'r.py')",
                                        "lambda.CreateFunction", True),
    "a name of the SDK is its text": (f"{JUDGE}from sagemaker.ai_registry.air_constants import REWARD_PROMPT as P\n"
                                      "Evaluator.create('e', P, 'p.txt')", "lambda.CreateFunction", False),
    "what imports other models": (f"{BEDROCK}b.deploy(custom_model_name='m')", "bedrock.CreateModelImportJob", False),
    "a text of which a part is known is one": (f"{BEDROCK}import os\nb.deploy(custom_model_name=f'n-{{os.getpid()}}')",
                                               "bedrock.CreateModelImportJob", False),
    "where they have a name": (f"{BEDROCK}b.deploy(imported_model_name='m')", "bedrock.CreateModelImportJob", True),
    "or nothing tells": (f"{BEDROCK}import json\nb.deploy(**json.load(open('k')))", "bedrock.CreateModelImportJob", True),
    "what has to be given is not": (f"{BEDROCK}b.deploy(job_name='j', imported_model_name='m')",
                                    "bedrock.CreateCustomModel", False),
    "and is": (f"{BEDROCK}b.deploy(custom_model_name='m')", "bedrock.CreateCustomModel", True),
}  # fmt: skip


@pytest.mark.parametrize("case", CALLED)
def test_a_call_hangs_on_its_arguments(case: str) -> None:
    """Where an argument is not known, the call may be made, and is read."""
    code, operation, expected = CALLED[case]
    found = {one for call in reading(code).calls for one in call.operations}
    assert (operation in found) is expected


def test_conditions_speak_of_parameters() -> None:
    """Of the method that has them."""
    for table in tables():
        for of, one in table.classes.items():
            for name, row in one.get("methods", {}).items():
                told = [text for step in row.get("calls", ()) if isinstance(step, dict) for text in step["if"]]
                wrong = {text.rpartition("given.")[2] for text in told} - set(row.get("parameters", ()))
                assert not wrong, (of, name)


SOURCE = {
    "def f(a):\n    if a:\n        go()": "a",
    "def f(a):\n    if not a:\n        return\n    go()": "a",
    "def f(a):\n    if a is None:\n        raise E\n    go()": "not none a",
    "def f(a):\n    if a:\n        pass\n    else:\n        go()": "not a",
    "def f(a, b):\n    if a and b == 'x':\n        go()": "a & is x b",
    "def f(a, b):\n    if a or b:\n        go()": "",
    "def f(a, b):\n    if not (a or b):\n        go()": "not a & not b",
    "def f(a):\n    return go() if a.startswith('s3://') else 1": "starts s3:// a",
    "def f(a):\n    return a and go()": "a",
    "def f(a):\n    return a or go()": "not a",
    "def f(a):\n    if isinstance(a, str):\n        go()": "str a",
    "def f(a):\n    a = a or 1\n    if a:\n        go()": "",
    "def f(a):\n    for x in y:\n        if a:\n            go()\n        a = x": "",
    "def f(a):\n    if a:\n        a = 2\n    go()": "",
    "def f(a):\n    try:\n        a = 1\n    except E:\n        if a:\n            go()": "",
    "def f(a):\n    with x:\n        if a:\n            go()": "a",
    "def f(a):\n    def inner(a):\n        if a:\n            go()\n    inner(1)": "",
    "def f(a):\n    while a:\n        go()": "",
}


@pytest.mark.parametrize("source", SOURCE)
def test_the_source_says_when(source: str) -> None:
    """By branches, and by what returns before; of a parameter that is set to something else nothing is known."""
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    found = places_of(node, lambda _: "", lambda one: one.value if isinstance(one, ast.Constant) else None)
    (place,) = (each for call, each in found.items() if ast.unparse(call) == "go()")
    assert " & ".join(sorted(map(str, place.when))) == SOURCE[source]


def test_conditions_go_through_calls() -> None:
    """A parameter of what is called is one of the caller's, a constant, its default, or not known."""
    outer, inner = ast.parse("def f(a, b):\n    g(a, y=True, w=h(b))\ndef g(x, y, z=None, w=1, v=0): pass").body
    assert isinstance(outer, ast.FunctionDef)
    assert isinstance(inner, ast.FunctionDef)
    (call, place) = next(iter(places_of(outer, lambda _: "", lambda _: None).items()))
    found = bound_by(call, inner, 0, place, defaults_of(outer))
    assert found == {"x": ("parameter", "a"), "y": ("constant", True), "z": ("constant", None), "v": ("constant", 0)}
    both = frozenset({Literal(True, "", "x"), Literal(True, "", "y")})
    assert translated(both, found) == frozenset({Literal(True, "", "a")})
    assert translated(frozenset({Literal(True, "", "z")}), found) is None
    assert translated(frozenset({Literal(True, "", "w")}), found) == frozenset()


def test_what_is_reached_in_too_many_ways_is_reached_in_any_case() -> None:
    """Once, without a condition."""
    node = ast.parse("def f(): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    from tools.sdk_gives import Body

    been: list[Visit] = []
    visits = [Visit(Body("m", "", "f", node), "", {}, frozenset({Literal(True, "", f"p{at}")})) for at in range(40)]
    found = [one for visit in visits if (one := unless_been(visit, been))]
    assert len(found) == 17
    assert found[-1].when == frozenset()

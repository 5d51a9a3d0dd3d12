"""What code calls, as it is read: boto3 and the SDK, by data flow within a file, and what can't be told."""

import pytest

from rolemgr.code.reader import CodeReading, read_calls
from rolemgr.code.requests import CodePlace, requests_of
from rolemgr.code.sources import read_code


def reading(code: str, name: str = "train.py") -> CodeReading:
    """Return what *code* calls."""
    return read_calls(read_code(code, name))


def operations(code: str) -> set[str]:
    """Return the operations that *code* calls as who runs it."""
    found = reading(code)
    assert not found.untold, found.untold
    return {one for call in found.calls if call.by == "caller" for one in call.operations}


BOTO = {
    "a client": ("import boto3\nboto3.client('sagemaker').create_training_job()", {"sagemaker.CreateTrainingJob"}),
    "an alias": ("from boto3 import client as c\nx = c(service_name='s3')\ny = x\ny.list_objects_v2(Bucket='b')",
                 {"s3.ListObjectsV2"}),
    "a session": ("import boto3\ns = boto3.session.Session()\ns.client('sts').get_caller_identity()",
                  {"sts.GetCallerIdentity"}),
    "a paginator": ("import boto3\np = boto3.client('sagemaker').get_paginator('list_training_jobs')\n"
                    "for page in p.paginate():\n    print(page)", {"sagemaker.ListTrainingJobs"}),
    "a waiter": ("import boto3\nboto3.client('sagemaker').get_waiter('endpoint_in_service').wait(EndpointName='e')",
                 {"sagemaker.DescribeEndpoint"}),
    "a resource": ("import boto3\nfor o in boto3.resource('s3').Bucket('b').objects.filter(Prefix='p'):\n    o.delete()",
                   {"s3.ListObjects", "s3.DeleteObject"}),
    "an old name": ("import boto3\nboto3.client('runtime.sagemaker').invoke_endpoint()", {"sagemaker-runtime.InvokeEndpoint"}),
    "a chain": ("import boto3\nboto3.resource('s3').Bucket('b').objects.filter(Prefix='p').delete()",
                {"s3.ListObjects", "s3.DeleteObjects"}),
    "a transfer": ("import boto3\nboto3.resource('s3').Object('b', 'k').upload_file('f')", {"s3.PutObject"}),
    "a function's result": ("import boto3\ndef make():\n    return boto3.client('sagemaker')\nmake().list_models()",
                            {"sagemaker.ListModels"}),
    "a parameter": ("def main(sm):\n    sm.create_endpoint(EndpointName='e')", {"sagemaker.CreateEndpoint"}),
    "an attribute": ("import boto3\nclass A:\n    def __init__(self):\n        self.c = boto3.client('sagemaker')\n"
                     "    def go(self):\n        self.c.stop_training_job()", {"sagemaker.StopTrainingJob"}),
    "with": ("import boto3\nwith boto3.client('s3') as s3:\n    s3.get_object(Bucket='b', Key='k')", {"s3.GetObject"}),
    "both branches": ("import boto3\nif x:\n    c = boto3.client('sagemaker')\nelse:\n    c = boto3.client('s3')\n"
                      "c.list_buckets() if y else c.list_models()", None),
    "getattr": ("import boto3\ngetattr(boto3.client('sagemaker'), 'list_' + 'models')()", {"sagemaker.ListModels"}),
    "a presigned URL": ("import boto3\nboto3.client('s3').generate_presigned_url('get_object', {'Bucket': 'b'})",
                        {"s3.GetObject"}),
}  # fmt: skip


@pytest.mark.parametrize("case", [name for name, one in BOTO.items() if one[1]])
def test_calls_of_boto3_are_found(case: str) -> None:
    """By assignment, attribute, with, loop, and what a function of the file returns."""
    code, expected = BOTO[case]
    assert operations(code) == expected


CLEANS_UP = """
import boto3
from sagemaker_core.resources import Endpoint, Model
from sagemaker_core.shapes import ContainerDefinition
container = ContainerDefinition(image="i")
model = Model.create(model_name="m", primary_container=container)
endpoint = Endpoint.create(endpoint_name="e", endpoint_config_name="c")
bucket = boto3.resource("s3").Bucket("b")
session = boto3.Session()
def tidy():
    held = list(locals().values()) + list(globals().values())
    for one in [each for each in held if hasattr(each, "delete") and each is not None]:
        one.delete()
tidy()
"""


def test_what_is_done_with_all_that_the_code_has_is_read_and_said() -> None:
    """A loop over ``globals()`` deletes what has that method; what else it may do stays not known."""
    found = reading(CLEANS_UP)
    made = {one for call in found.calls if call.name.endswith(".delete") for one in call.operations}
    assert made == {"sagemaker.DeleteModel", "sagemaker.DeleteEndpoint", "s3.DeleteBucket"}
    assert {one.what for one in found.untold} == {"locals()", "globals()"}


def test_what_hasattr_asks_for_leaves_out_what_the_table_has_not() -> None:
    """A method is not called on what has none of the name; on what is not known it may be."""
    code = CLEANS_UP.replace('hasattr(each, "delete")', "each")
    assert any(
        one.what == "Session.delete" for one in reading("from sagemaker import Session\ns = Session()\n" + code).untold
    )
    assert not any(
        one.what == "Session.delete"
        for one in reading("from sagemaker import Session\ns = Session()\n" + CLEANS_UP).untold
    )


def test_a_name_that_several_branches_set_may_have_any_of_their_values() -> None:
    """Each alternative is asked; what one of them does not have is said."""
    found = reading(BOTO["both branches"][0])
    assert {one for call in found.calls for one in call.operations} == {"s3.ListBuckets", "sagemaker.ListModels"}
    assert {one.where.line for one in found.untold} == {6}


ESTIMATOR = """
from sagemaker.estimator import Estimator
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.steps import TrainingStep
est = Estimator("image", "arn:aws:iam::111122223333:role/r", 1, "ml.m5.large", output_path="s3://b/o", {extra})
"""


def test_the_sdk_calls_what_its_source_says() -> None:
    """Estimator.fit starts a job, and reads its log only where it waits; deploy makes model, config and endpoint."""
    made = ESTIMATOR.format(extra="")
    assert operations(made + "est.fit('s3://b/i', wait=False)") == {"sagemaker.CreateTrainingJob"}
    waited = operations(made + "est.fit('s3://b/i')")
    assert waited >= {"sagemaker.CreateTrainingJob", "sagemaker.DescribeTrainingJob", "logs.GetLogEvents"}
    deployed = operations(made + "p = est.deploy(1, 'ml.m5.large')\np.predict(b'')")
    assert deployed >= {"sagemaker.CreateModel", "sagemaker.CreateEndpointConfig", "sagemaker.CreateEndpoint",
                        "sagemaker-runtime.InvokeEndpoint"}  # fmt: skip


def test_with_a_session_for_pipelines_the_pipeline_makes_the_calls() -> None:
    """The caller makes and starts the pipeline; its steps run as the pipeline's role."""
    code = ESTIMATOR.format(extra="sagemaker_session=PipelineSession()") + (
        "p = Pipeline('n', steps=[TrainingStep('s', step_args=est.fit('s3://b/i'))])\n"
        "p.upsert(role_arn='arn:aws:iam::111122223333:role/r')\np.start()\n"
    )
    found = reading(code)
    by = {one: call.by for call in found.calls for one in call.operations}
    assert by["sagemaker.CreateTrainingJob"] == "pipeline"
    assert by["sagemaker.CreatePipeline"] == by["sagemaker.StartPipelineExecution"] == "caller"


BY = {
    "an upload that a step needs": (
        "from sagemaker.sklearn.processing import SKLearnProcessor\n"
        "p = SKLearnProcessor('1', role='r', instance_type='x', instance_count=1, sagemaker_session=PipelineSession())\n"
        "p.run(code='prepare.py')", {"caller": "s3.PutObject", "pipeline": "sagemaker.CreateProcessingJob"}),
    "a tuner of an estimator of a pipeline": (
        "from sagemaker.tuner import HyperparameterTuner\nfrom sagemaker.estimator import Estimator\n"
        "HyperparameterTuner(Estimator('i', 'r', sagemaker_session=PipelineSession()), 'm', {}).fit('s3://b/i')",
        {"pipeline": "sagemaker.CreateHyperParameterTuningJob"}),
}  # fmt: skip


@pytest.mark.parametrize("case", BY)
def test_a_pipeline_starts_jobs_and_the_caller_prepares_them(case: str) -> None:
    """Whatever holds the session: the object that is asked, or one among its arguments."""
    code, expected = BY[case]
    found = reading(f"from sagemaker.workflow.pipeline_context import PipelineSession\n{code}")
    for by, operation in expected.items():
        assert operation in {one for call in found.calls if call.by == by for one in call.operations}
    started = {one for call in found.calls if call.by == "caller" for one in call.operations if ".Create" in one}
    assert not started


MODELS = {
    "an object of another library": ("numpy.ones(3)", {"s3.PutObject", "sagemaker.CreateModel"}, {"sagemaker.ListTags"}),
    "a name": ("'llama'", {"sagemaker.DescribeHubContent", "sagemaker.CreateModel"}, {"sagemaker.ListTags"}),
    "a job": ("TrainingJob.get('x')", {"sagemaker.ListTags", "sagemaker.CreateModel"}, set[str]()),
    "a mode on this machine": ("'llama', mode=Mode.IN_PROCESS", {"sagemaker.DescribeHubContent"}, {"sagemaker.CreateModel"}),
}  # fmt: skip


@pytest.mark.parametrize("case", MODELS)
def test_what_is_called_depends_on_what_an_argument_is(case: str) -> None:
    """A text, an object of the SDK, or a mode that runs on this machine."""
    model, called, not_called = MODELS[case]
    code = ("import numpy\nfrom sagemaker.serve.model_builder import ModelBuilder\nfrom sagemaker.serve import Mode\n"
            f"from sagemaker.core.resources import TrainingJob\nModelBuilder(model={model}).build()")  # fmt: skip
    found = {one for call in reading(code).calls if call.name == "ModelBuilder.build" for one in call.operations}
    assert called <= found
    assert not found & not_called


def test_a_method_that_overrides_one_calls_when_that_does() -> None:
    """A row by hand counts below its class, where the override reaches nothing more."""
    made = "from sagemaker.huggingface import HuggingFaceModel\nm = HuggingFaceModel(role='arn:aws:iam::1:role/r')\n"
    assert operations(made + "m.deploy(1, 'ml.m5.large')") == {
        "sts.GetCallerIdentity", "s3.HeadBucket", "sagemaker.CreateModel", "sagemaker.CreateEndpointConfig",
        "sagemaker.CreateEndpoint", "sagemaker.DescribeEndpoint"}  # fmt: skip


UNTOLD = {
    "a service": ("import boto3\nboto3.client(name)", 2, "which service"),
    "a method": ("import boto3\nboto3.client('sagemaker').make_coffee()", 2, "no operation"),
    "getattr": ("import boto3\nc = boto3.client('s3')\ngetattr(c, name)()", 3, "which method"),
    "another library": ("import boto3, numpy\nnumpy.read(boto3.client('s3'))", 2, "is not read"),
    "a syntax error": ("x = 1\ndef (:\n", 2, "invalid syntax"),
    "a receiver": ("import sagemaker\ndef go(e):\n    e.fit()", 3, "what it is called on"),
    "a class of the SDK": ("import sagemaker\nsagemaker.nowhere.Nobody()", 2, "no such class"),
    "a method of the SDK": ("import sagemaker\nsagemaker.Session().make_coffee()", 2, "no such method"),
}


@pytest.mark.parametrize("case", UNTOLD)
def test_what_cannot_be_told_is_said_with_its_line(case: str) -> None:
    """And why; it is never taken for nothing."""
    code, line, why = UNTOLD[case]
    (found,) = reading(code).untold
    assert (found.where.file, found.where.line) == ("train.py", line)
    assert why in found.why


def test_a_notebook_is_read_cell_by_cell() -> None:
    """Magics are left out; a shell's commands for AWS and other languages are said; lines are those of the cell."""
    import json

    cells = [
        {"cell_type": "markdown", "source": "# boto3.client('iam').create_user()"},
        {"cell_type": "code", "source": ["%pip install x\n", "import boto3\n", "sm = boto3.client('sagemaker')\n"]},
        {"cell_type": "code", "source": "%%time\nx = !ls\nsm.list_models()"},
        {"cell_type": "code", "source": "!aws s3 cp a s3://b"},
        {"cell_type": "code", "source": "%%bash\naws s3 ls"},
    ]
    found = reading(json.dumps({"cells": cells, "nbformat": 4}), "a.ipynb")
    assert [str(one.where) for one in found.calls] == ["a.ipynb:cell 3:3"]
    assert [str(one.where) for one in found.untold] == ["a.ipynb:cell 4:1", "a.ipynb:cell 5:2"]


HOSTILE = {
    "parentheses": "(" * 5_000 + ")" * 5_000,
    "unary": "-" * 50_000 + "1",
    "attributes": "a" + ".b" * 20_000,
    "a sum": "x = " + "+".join(["'a'"] * 20_000),
    "doubling text": "x = 'abc'\n" + "x = x + x\n" * 400,
    "doubling lists": "x = [1]\n" + "x = x + x\n" * 60,
    "nested lists": "x = [1]\n" + "x = [x, x]\n" * 60 + "import boto3\nboto3.client('s3').put_object(Bucket=x)",
    "powers": "x = 9 ** 9 ** 9 ** 9\ny = 10 ** 100000\nz = 'a' * 10 ** 12",
    "calls": "\n".join(f"def f{n}():\n    f{n + 1}()\n    f{n + 1}()" for n in range(60)),
    "itself": "class A(A):\n    pass\nA().b()\ndef f():\n    return f()\nf()",
    "a cycle": "d = {}\nd['a'] = d\nl = []\nl.append(l)\nimport boto3\nboto3.client('s3').put_object(Bucket=d, Key=l)",
    "replacing": "x = 'a' * 9\n" + "x = 'aaaaaaaa'.replace('a', x)\n" * 50,
    "no text": "x = '\\ud800'\nimport boto3\nboto3.client(x)",
    "nothing": "\0",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_code_ends(case: str) -> None:
    """Within its budget: it is read, or said not to be, and nothing of it is run."""
    found = reading(HOSTILE[case])
    assert len(found.calls) < 100


def asked(code: str) -> set[tuple[str, str, str, str]]:
    """Return what *code* asks for, by whom, and which parameter it tells."""
    place = CodePlace("eu-west-1", "111122223333", "aws-cn")
    found = (each for call in reading(code).calls for each in requests_of(call, place))
    return {(one.by, one.action, one.resource, one.tells) for one in found}


@pytest.mark.parametrize("location", ["s3://acme-results/athena", "s3://acme-results/athena/"])
def test_a_query_writes_its_results_as_who_starts_it(location: str) -> None:
    """AWS uses the caller's rights where the request says to write; that place is a parameter of groups."""
    code = f'''import boto3
boto3.client("athena").start_query_execution(QueryString="x", ResultConfiguration={{"OutputLocation": "{location}"}})
'''
    objects = "arn:aws-cn:s3:::acme-results/athena/*"
    assert {one for one in asked(code) if one[1].startswith("s3:")} == {
        ("caller", "s3:ListBucket", "arn:aws-cn:s3:::acme-results", ""),
        ("caller", "s3:GetBucketLocation", "arn:aws-cn:s3:::acme-results", ""),
        ("caller", "s3:GetObject", objects, "query_results"), ("caller", "s3:PutObject", objects, "query_results"),
    }  # fmt: skip
    assert not [one for one in asked(code.replace("OutputLocation", "Other")) if one[1].startswith("s3:")]


def test_a_job_logs_where_sagemaker_does() -> None:
    """Its log groups have a name: "anywhere" would call for groups of other services."""
    code = (
        'import boto3\nboto3.client("sagemaker").create_training_job(RoleArn="arn:aws-cn:iam::111122223333:role/job")\n'
    )
    logs = {resource for by, action, resource, _ in asked(code) if by == "job" and action.startswith("logs:")}
    assert logs == {"arn:aws-cn:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/*"}

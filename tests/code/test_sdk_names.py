"""Which class of the SDK a name is: by the module that it is imported from, under whatever name; and local mode."""

import pytest
from tests.code.test_reader import operations, reading

from rolemgr.code.sdk_table import tables

LINEAGE = {"sagemaker.CreateAction"}
RESOURCE = {"sagemaker.CreateAction", "sagemaker.DescribeAction"}
NAMES = {
    "of one module": ("from sagemaker.core.resources import Action\nAction.create(action_name='a')", RESOURCE),
    "of another module": ("from sagemaker.core.lineage.action import Action\nAction.create(action_name='a')", LINEAGE),
    "by another name": ("from sagemaker.core.lineage.action import Action as A\nA.create(action_name='a')", LINEAGE),
    "by its module": ("import sagemaker.core.resources as r\nr.Action.create(action_name='a')", RESOURCE),
    "by a module of a package": ("from sagemaker.core import resources\nresources.Action.create()", RESOURCE),
    "by its whole path": ("import sagemaker.core.resources\nsagemaker.core.resources.Action.create()", RESOURCE),
    "handed on by another module": ("from sagemaker.core.lineage.query import Action\nAction.create()", LINEAGE),
    "of two stars": ("from sagemaker.core.resources import *\nfrom sagemaker.core.lineage.action import *\nAction.create()",
                     LINEAGE),
    "of the package that it was": ("from sagemaker_core.resources import Action\nAction.create()", RESOURCE),
    "and of the one before that": ("from sagemaker_core.main.resources import Action\nAction.create()", RESOURCE),
    "an object that one gives": ("from sagemaker.core.resources import Pipeline\nPipeline.get('p').delete()",
                                 {"sagemaker.DescribePipeline", "sagemaker.DeletePipeline"}),
    "the other of the same name": ("from sagemaker.mlops.workflow.pipeline import Pipeline\nPipeline('p').start()",
                                   {"sagemaker.StartPipelineExecution"}),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMES)
def test_a_class_is_known_by_its_module(case: str) -> None:
    """Two modules have an Action: one describes what it made, the other does not."""
    code, expected = NAMES[case]
    assert operations(code) == expected
    assert not reading(code).untold


def test_a_name_of_several_modules_is_taken_for_each_and_said() -> None:
    """Where the import does not tell which: the calls of all, and the line."""
    code = "from sagemaker.core import Action\nAction.create(action_name='a')\n"
    found = reading(code)
    assert {one for call in found.calls for one in call.operations} == LINEAGE | RESOURCE
    (said,) = found.untold
    assert (said.what, said.where.line) == ("Action", 2)
    assert "sagemaker.core.lineage.action, sagemaker.core.resources" in said.why


@pytest.mark.parametrize("code", ["r.Nobody.create()", "r.Action.make_coffee()", "r.Action.get('a').make_coffee()"])
def test_what_the_third_version_does_not_have_is_said(code: str) -> None:
    """A class, a method of it, and one of what it gives."""
    (said,) = reading(f"import sagemaker.core.resources as r\n{code}").untold
    assert said.where.line == 2
    assert "the table of the SDK (v3) has no such" in said.why


def test_operations_that_the_sdk_looks_up_by_name_are_found() -> None:
    """The lineage and experiments classes hold the names of their operations."""
    for module in ("sagemaker.lineage", "sagemaker.core.lineage"):
        code = f"from {module}.context import Context\nContext.load('c').save()\nContext.list()"
        assert operations(code) == {"sagemaker.DescribeContext", "sagemaker.UpdateContext", "sagemaker.ListContexts"}


REACHED = {
    "a function that is handed to another": (
        "from sagemaker.train import CPTTrainer\nCPTTrainer(model='m')", "sagemaker.DescribeHubContent"),
    "what a class method makes": (
        "from sagemaker.train import ModelTrainer\nModelTrainer.from_recipe(training_recipe='r.yaml')", "iam.GetRole"),
    "a client that a method gives": (
        "from sagemaker.serve.bedrock_model_builder import BedrockModelBuilder\nBedrockModelBuilder(model='s3://b/k').deploy()",
        "bedrock.CreateModelImportJob"),
    "a client under a name of its own": (
        "from sagemaker.core.helper.iam_role_resolver import IamRoleResolver\nIamRoleResolver().create_execution_role('r')",
        "iam.CreateRole"),
    "a validator of pydantic": (
        "from sagemaker.train.evaluate import BenchMarkEvaluator\nBenchMarkEvaluator(benchmark='b')",
        "sagemaker.ListMlflowApps"),
    "an object of S3 under a name": (
        "from sagemaker import Session\nSession().upload_string_as_file_body('t', 'b', 'k')", "s3.PutObject"),
    "a client that an attribute has from another": (
        "from sagemaker.analytics import ExperimentAnalytics\nExperimentAnalytics(experiment_name='e').dataframe()",
        "sagemaker.Search"),
    "a client that is a parameter": (
        "from sagemaker.workflow.pipeline import Pipeline\nPipeline(name='p').describe_trigger('t')",
        "scheduler.GetSchedule"),
    "a waiter that the SDK makes itself": (
        "from sagemaker.mlops.workflow.pipeline import Pipeline\nPipeline(name='p').start().wait()",
        "sagemaker.DescribePipelineExecution"),
    "a class of which only the next is told": (
        "from sagemaker.predictor import Predictor\nPredictor('e').list_monitors()", "sagemaker.ListTags"),
    "the same of another class": (
        "from sagemaker.predictor import Predictor\nfrom sagemaker.predictor_async import AsyncPredictor\n"
        "AsyncPredictor(Predictor('e')).list_monitors()", "sagemaker.ListTags"),
    "what only a class below has, where it is asked for": (
        "from sagemaker.lineage.context import Context\nc = Context.load('c')\n"
        "[one.training_job_arns() for one in [c] if hasattr(one, 'training_job_arns')]", "sagemaker.QueryLineage"),
    "a method of a class below": (
        "from sagemaker.lineage.context import Context\nContext.load('c').training_job_arns()", "sagemaker.QueryLineage"),
    "what a class method takes up": ("from sagemaker import AutoML\nAutoML.attach('j')", "sagemaker.ListTags"),
}  # fmt: skip


@pytest.mark.parametrize("case", REACHED)
def test_what_the_sdk_reaches_in_roundabout_ways_is_found(case: str) -> None:
    """By a callback, by `cls(...)` and what pydantic runs then, by a client that another name stands for."""
    code, operation = REACHED[case]
    assert operation in operations(code)


@pytest.mark.parametrize(("given", "expected"), [("", False), (", notifications={'sns_topic_arn': 'a'}", True)])
def test_what_only_an_argument_asks_for_is_not_called_without_it(given: str, expected: bool) -> None:
    """A trainer makes a rule of EventBridge where it is to notify somebody."""
    found = operations(f"from sagemaker.train import SFTTrainer\nSFTTrainer(model='m'{given})")
    assert ("events.PutRule" in found) is expected


@pytest.mark.parametrize(("given", "expected"), [("", True), (", mlflow_resource_arn='arn:aws:x'", False)])
def test_a_validator_asks_for_what_is_not_given(given: str, expected: bool) -> None:
    """An evaluator looks for an MLflow app where none is named, and for its model where that is one's own."""
    code = f"from sagemaker.train.evaluate import BenchMarkEvaluator\nBenchMarkEvaluator(benchmark='b'{given})"
    assert ("sagemaker.ListMlflowApps" in operations(code)) is expected
    assert "sagemaker.DescribeModelPackageGroup" not in operations(code)
    grouped = code.replace("'b'", "'b', model_package_group='g'")
    assert "sagemaker.DescribeModelPackageGroup" in operations(grouped)


STEPS = {
    "a step": "ProcessingStep(name='s', processor=None, code={})",
    "an estimator's": "TrainingStep(name='s', estimator=Estimator(entry_point={}, role=ROLE))",
    "a tuner's": "TuningStep(name='s', tuner=HyperparameterTuner(Estimator(entry_point={}, role=ROLE), 'm', [{{}}]))",
    "a tuner that is run": "HyperparameterTuner(Estimator(entry_point={}, role=ROLE), 'm', [{{}}]).fit()",
}


@pytest.mark.parametrize("step", STEPS)
def test_code_within_what_is_given_is_sent(step: str) -> None:
    """What an estimator within a tuner or a step has as its code lies at S3 before a job begins."""
    start = (
        "from sagemaker.workflow.steps import *\nfrom sagemaker.estimator import Estimator\n"
        "from sagemaker.tuner import HyperparameterTuner\nROLE = 'arn:aws:iam::111122223333:role/r'\n"
    )
    for code, expected in (("'run.py'", True), ("'s3://b/run.py'", False), ("input()", True)):
        made = reading(start + STEPS[step].format(code)).calls
        assert ("s3.PutObject" in {one for call in made for one in call.operations}) is expected, code


def test_what_may_have_more_arguments_may_have_code() -> None:
    """An estimator that is made of a dictionary from elsewhere, or that nobody tells, may have a local script."""
    start = (
        "import json\nfrom sagemaker.workflow.steps import TrainingStep\nfrom sagemaker.estimator import Estimator\n"
        "more = json.load(open('e.json'))\n"
    )
    for made in ("Estimator(**more)", "more['estimator']"):
        found = reading(f"{start}TrainingStep(name='s', estimator={made})").calls
        assert "s3.PutObject" in {one for call in found for one in call.operations}, made
    plain = reading(f"{start}TrainingStep(name='s', estimator=Estimator(image_uri='i'))").calls
    assert "s3.PutObject" not in {one for call in plain for one in call.operations}


SERVE = "from sagemaker.serve import ModelBuilder\nModelBuilder(model=object()).build(){}\n"
VERSIONS = {
    "alone it is the third": ("", False),
    "beside what only the second has": ("from sagemaker import get_execution_role\n", True),
    "beside what only the third has": ("from sagemaker.core.resources import Model\n", False),
    "beside both": ("from sagemaker.core import image_uris\nfrom sagemaker.utils import name_from_base\n", False),
    "beside what either may have": ("from sagemaker_core.shapes import Tag\n", False),
    "the package alone tells nothing": ("import sagemaker\n", False),
}


@pytest.mark.parametrize("case", VERSIONS)
def test_other_imports_tell_of_which_version_a_module_of_both_is(case: str) -> None:
    """The second's `build` gives a model that is deployed; the third's makes one at SageMaker."""
    imports, is_second = VERSIONS[case]
    found = {one for call in reading(imports + SERVE.format("")).calls for one in call.operations}
    assert ("sagemaker.CreateModel" in found) is not is_second
    deployed = {
        one for call in reading(imports + SERVE.format(".deploy(1, 'ml.m5.large')")).calls for one in call.operations
    }
    assert ("sagemaker.CreateEndpoint" in deployed) is is_second


def test_places_name_classes_and_functions_of_the_tables() -> None:
    """Each name that several modules have leads to rows of its own."""
    for table in tables():
        for places in (*table.places.values(), table.renamed):
            assert all(one in table.classes or one in table.functions for one in places.values())
    assert len(set(tables()[1].places["Pipeline"].values())) == 3


LOCAL = {
    "a session": "s = LocalSession()\ne = Estimator('i', 'r', 1, 'ml.m5.large', sagemaker_session=s)\n",
    "an instance type": "e = Estimator('i', 'r', 1, 'local')\n",
    "either of two": "e = Estimator('i', 'r', 1, 'local' if gpu else 'local_gpu')\n",
}


@pytest.mark.parametrize("case", LOCAL)
def test_local_mode_asks_nothing_of_sagemaker(case: str) -> None:
    """The caller reads the data and pulls the image by itself."""
    code = "from sagemaker.local import LocalSession\nfrom sagemaker.estimator import Estimator\n" + LOCAL[case]
    found = operations(code + "e.fit('s3://b/k')\ne.deploy(1, 'local').predict(b'')")
    assert not {one for one in found if one.startswith(("sagemaker", "logs"))}
    assert {"s3.GetObject", "ecr.GetAuthorizationToken"} <= found


@pytest.mark.parametrize(
    "made", ["1, 'local' if here else 'ml.m5.large'", "1, kind", "1, 'local', sagemaker_session=s"]
)
def test_what_may_not_be_local_is_read(made: str) -> None:
    """An instance type that may be another, or a session that asks AWS."""
    code = f"from sagemaker import Session\nfrom sagemaker.estimator import Estimator\ns = Session()\nEstimator('i', 'r', {made}).fit()"
    assert "sagemaker.CreateTrainingJob" in operations(code)

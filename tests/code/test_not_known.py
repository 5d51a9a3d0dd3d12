"""What reading can't tell is said: of things that the SDK gives, of code that is not at hand, of what is not Python."""

import json

import pytest
from tests.code.test_reader import operations, reading

from rolemgr.code.libraries import modules_of
from rolemgr.code.reader import read_calls
from rolemgr.code.sources import CODE_LIMITS, read_code
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import decode

SDK = "import sagemaker\nfrom sagemaker.estimator import Estimator\ne = Estimator('i', 'r', 1, 'ml.m5.large')\n"
NOT_KNOWN = {
    "what a method of the SDK gives": (SDK + "e.get_vpc_config().upsert()", "`.upsert`"),
    "an attribute of the SDK": (SDK + "e.brand_new.delete()", "`.delete`"),
    "a part of it": (SDK + "e.brand_new['x'][0].stop()", "`.stop`"),
    "a loop over it": (SDK + "for one in e.brand_new:\n    one.wait()", "`.wait`"),
    "a method of the SDK that is not there": (SDK + "e.make_coffee()", "Estimator.make_coffee"),
    "a function of the SDK": ("import sagemaker\nsagemaker.utils.make_coffee()", "make_coffee"),
    "a class method of the SDK": (SDK + "Estimator.brew('x')", "Estimator.brew"),
    "getattr of the SDK": ("import sagemaker\ngetattr(sagemaker, name)('x')", "getattr"),
    "an object of the SDK that is handed on": (
        "import sagemaker, stepfunctions\nstepfunctions.run(sagemaker.Session())", "stepfunctions.run"),
    "a module that is not given": ("import helpers", "import helpers"),
    "part of a package that is not given": ("from . import helpers", "import .helpers"),
    "all names of a module that is not given": ("from helpers import *", "import helpers"),
    "a function that nobody sets": ("import boto3\nlaunch()", "`launch`"),
    "a session's client of no known service": ("import boto3\ndef go(s, name):\n    s.client(name)", "client(...)"),
    "a waiter of no known client": ("import boto3\ndef go(c):\n    c.get_waiter('x').wait()", "`.get_waiter`"),
    "a bucket of no known resource": ("import boto3\ndef go(r):\n    r.Bucket('b').objects.all()", "`.Bucket`"),
    "an operation that several clients have": (
        "import boto3\ndef go(c):\n    c.list_tags_for_resource()", "`.list_tags_for_resource`"),
    "an operation of a client that the rest has not": ("import boto3\ndef go(c):\n    c.invoke_model()", "`.invoke_model`"),
    "all that the code has": ("import boto3\nfor one in list(globals().values()):\n    one.delete()", "globals()"),
    "exec": ("exec(text)", "exec(...)"),
    "a module by a name that is not known": ("import importlib\nimportlib.import_module(name)", "import_module(...)"),
    "a command": ("import subprocess\nsubprocess.run(['aws', 's3', 'ls'])", "`aws s3 ls`"),
    "a command that is not known": ("import os\nos.system(command)", "system"),
    "a script": ("import os\nos.system('./push.sh')", "`./push.sh`"),
    "a location that a library is given": (
        "import tensorflow as tf\ntf.io.gfile.glob('s3://b/k')", "glob"),
    "too many calls of a function": (
        "import boto3\nc = boto3.client('s3')\ndef go(n):\n    c.put_object(Bucket=n)\n" + "go('b')\n" * 41, "go"),
    "IPython in a script": ("get_ipython().system('aws s3 ls')", "`aws s3 ls`"),
    "a magic in a script": ("get_ipython().run_line_magic('run', 'other.py')", "%run other.py"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_KNOWN)
def test_what_is_not_known_is_said(case: str) -> None:
    """With its place, what it is, and why; what a name tells may be read beside it."""
    code, what = NOT_KNOWN[case]
    assert what in [one.what for one in reading(code).untold], reading(code).untold
    assert all(one.where.line and one.why for one in reading(code).untold)


CALLS = {
    "a lambda that is handed on": ("import boto3\nc = boto3.client('s3')\nmap(lambda k: c.get_object(Key=k), x)", "s3.GetObject"),
    "a method that is handed on": (
        "import boto3\nfrom concurrent.futures import ThreadPoolExecutor as P\nc = boto3.client('s3')\n"
        "P().submit(c.put_object, Bucket='b')", "s3.PutObject"),
    "partial": ("import boto3, functools\nf = functools.partial(boto3.client('s3').get_object, Bucket='b')\nf(Key='k')",
                "s3.GetObject"),
    "global": ("import boto3\nc = None\ndef go():\n    global c\n    c = boto3.client('s3')\ngo()\nc.list_buckets()",
               "s3.ListBuckets"),
    "a generator": ("import boto3\ndef go():\n    yield boto3.client('s3')\nfor c in go():\n    c.list_buckets()",
                    "s3.ListBuckets"),
    "a context manager": (
        "import boto3, contextlib\n@contextlib.contextmanager\ndef go():\n    yield boto3.client('s3')\n"
        "with go() as c:\n    c.list_buckets()", "s3.ListBuckets"),
    "closing": ("import boto3\nfrom contextlib import closing\nwith closing(boto3.client('s3')) as c:\n    c.list_buckets()",
                "s3.ListBuckets"),
    "a class method": (
        "import boto3\nclass A:\n    @classmethod\n    def go(cls, c):\n        c.list_buckets()\nA.go(boto3.client('s3'))",
        "s3.ListBuckets"),
    "a class of one's own": (
        SDK + "class Mine(Estimator):\n    def __init__(self, **k):\n        super().__init__('i', 'r', **k)\n"
        "Mine(instance_type='ml.m5.large').fit('s3://b/k')", "sagemaker.CreateTrainingJob"),
    "a client of a session that is not known": (
        "def go(s):\n    s.client('sagemaker').list_models()", "sagemaker.ListModels"),
    "a paginator of a client that is not known": (
        "def go(c):\n    c.get_paginator('list_training_jobs').paginate()", "sagemaker.ListTrainingJobs"),
    "an upload of a client that is not known": ("def go(c):\n    c.upload_file('f', 'b', 'k')", "s3.PutObject"),
    "the client of a resource": ("import boto3\nboto3.resource('s3').Bucket('b').meta.client.list_objects_v2(Bucket='b')",
                                 "s3.ListObjectsV2"),
    "one of some clients": ("import boto3\nfor c in [boto3.client('s3')][:1]:\n    c.list_buckets()", "s3.ListBuckets"),
    "an import by name": ("b = __import__('boto3')\nb.client('s3').list_buckets()", "s3.ListBuckets"),
    "two star imports": ("from numpy import *\nfrom sagemaker import *\nSession().upload_data('f', 'b')", "s3.PutObject"),
    "a property of the SDK": (SDK + "e.fit()\ne.training_job_analytics", "sagemaker.DescribeTrainingJob"),
    "pandas at S3": ("import pandas as pd\npd.read_csv('s3://b/k').to_csv('s3://b/o')", "s3.GetObject"),
    "pandas writes": ("import pandas as pd\npd.DataFrame(x).to_csv('s3://b/o')", "s3.PutObject"),
}  # fmt: skip


@pytest.mark.parametrize("case", CALLS)
def test_calls_are_found_however_they_are_made(case: str) -> None:
    """What is handed over is called, and what a session or client is, its calls tell."""
    code, operation = CALLS[case]
    assert operation in operations(code)


HARMLESS = (
    "import json\njson.dumps({}).encode().decode()", SDK + "e.hyperparameters().get('x')",
    SDK + "e.fit()\ne.latest_training_job.name.split('-')", "import numpy as np\nnp.zeros(3).mean()",
    "import pandas as pd\npd.read_csv('x.csv').to_csv('y.csv')", "import os\nos.system('pip install x && ls -l | head')",
    "def go(x):\n    return x.get('a').update(b=1)", "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'list'])",
    "import boto3\nboto3.client('sts').get_caller_identity()['Account'].strip()",
)  # fmt: skip


@pytest.mark.parametrize("code", HARMLESS)
def test_what_calls_nothing_is_passed_over(code: str) -> None:
    """Answers, text and libraries that call nothing."""
    assert reading(code).untold == ()


def test_modules_that_are_given_are_known() -> None:
    """By their names, and in their packages; a notebook is no module."""
    modules = modules_of(["a/src/utils.py", "tools/__init__.py", "b/nope.ipynb"])
    code = (
        "import utils\nfrom src import utils\nfrom src.utils import x\nfrom . import utils\nimport tools\nimport nope"
    )
    assert [one.what for one in read_calls(read_code(code, "x.py"), modules).untold] == ["import nope"]


CELLS = {
    "%time e = 1": [], "%%time\n!ls": [], "%cd x\n!mkdir -p a && tar xzf b.tgz": [], "x?": [], "%matplotlib inline": [],
    "!{sys.executable} -m pip install -q x": [], "!echo 'aws s3 ls; x'": [], "%%html\n<aws/>": [], "a = (1\n  != 2)\n!ls": [],
    "out = !aws s3 ls": [1], "!export A=1; \\\n  aws s3 ls": [1], "x = 1\n!!aws s3 ls": [2], "%sx aws s3 ls": [1],
    "!./push.sh": [1], "!docker push x": [1], "!VERSION=$(aws ecr x) ls": [1], "!sudo -H aws s3 ls": [1],
    "!git clone codecommit::x": [1], "%run other.ipynb": [1], "%%bash\nls\n# aws\nfor f in *; do aws s3 cp $f x; done": [4],
    "%%writefile a.py\nimport boto3": [1], "%%writefile a.txt\naws": [], "%%R\nx": [1], "%%spark\nx": [1], "%%script perl\nx": [1],
    "%autoreload 2\nif x:\n    !python train.py": [3],
}  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_what_is_not_python_in_a_cell(cell: str) -> None:
    """Commands and magics that call nothing are passed over by their names; all others are said, on their lines."""
    text = json.dumps({"cells": [{"cell_type": "code", "source": cell}], "nbformat": 4})
    assert [one.where.line for one in reading(text, "a.ipynb").untold] == CELLS[cell]


def test_python_behind_a_magic_is_read() -> None:
    """With the names that it sets, and the calls that it makes."""
    text = json.dumps(
        {
            "cells": [
                {"cell_type": "code", "source": "import boto3\nc = %time boto3.client('s3')\n%time c.list_buckets()"}
            ]
        }
    )
    assert [call.operations for call in reading(text, "a.ipynb").calls] == [("s3.ListBuckets",)]


NOTEBOOKS: tuple[tuple[object, int, bool], ...] = (
    ({"kernelspec": {"language": "R", "name": "ir"}}, 4, True), ({"language_info": {"name": "scala"}}, 4, True),
    ({"kernelspec": {"name": "ir"}}, 4, True), ({"kernelspec": {"name": "conda_python3", "language": "python"}}, 4, False),
    ({}, 3, False), ({}, 4, False), ({"language_info": 3}, 4, False),
)  # fmt: skip


@pytest.mark.parametrize(("metadata", "version", "is_said"), NOTEBOOKS)
def test_notebooks_of_every_form(metadata: object, version: int, is_said: bool) -> None:
    """Of nbformat 3 and 4; in another language they are said, for Python would take R's arrows for comparisons."""
    code = "import boto3\nboto3.client('s3').list_buckets()"
    cells = [{"cell_type": "code", "input" if version == 3 else "source": code}]
    data = {"metadata": metadata, **({"worksheets": [{"cells": cells}]} if version == 3 else {"cells": cells})}
    found = reading(json.dumps(data), "a.ipynb")
    assert (bool(found.untold), len(found.calls)) == (is_said, 0 if is_said else 1)


ENCODINGS = (
    (b"# -*- coding: latin-1 -*-\nx = '\xe9'", "\xe9"), (b"#!/usr/bin/python\n# coding=cp1252\nx = '\x80'", "\u20ac"),
    (b"\xef\xbb\xbfx = 1", "x = 1"), (b"# coding: utf-8\nx = '\xc3\xa9'", "\xe9"),
)  # fmt: skip
REFUSED = (
    b"x = 1\n# coding: latin-1\n\xe9",
    b"# coding: punycode\nx",
    b"# coding: hex\n00",
    b"# coding: none\n",
    b"\xe9",
)


def test_code_says_its_encoding() -> None:
    """As PEP 263 has it: in one of the first two lines; what names none of text is refused."""
    where = SourceLocation("x.py")
    for raw, part in ENCODINGS:
        assert part in decode(raw, where, CODE_LIMITS)
    for raw in REFUSED:
        with pytest.raises(InputError):
            decode(raw, where, CODE_LIMITS)

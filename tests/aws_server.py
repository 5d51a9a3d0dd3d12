"""
The program of `servers`: moto's server, which answers the same and does not look at its own source for each request.

``AWS_POLICIES`` names those of AWS's managed policies that it has, apart by commas; all of them are read again at
each reset, for half a second.
"""

import json
import os
from functools import cache
from typing import Any

from moto import backends
from moto.core import responses
from moto.iam import models
from moto.server import main
from werkzeug.serving import WSGIRequestHandler


def _silent(*_: Any) -> None:
    """Log nothing: nobody reads it, and a full pipe stops the server."""


def _patch(handler: Any, backends: Any, responses: Any, iam: Any) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.log_request = _silent
    # Else each answer waits 40 ms for the client's acknowledgement.
    handler.disable_nagle_algorithm = True
    # A request for a host lists moto's own folders, one for an action the methods of a class.
    modules = list(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    responses.method_names_from_class = cache(responses.method_names_from_class)
    if names := os.environ.get("AWS_POLICIES"):
        every = json.loads(iam.aws_managed_policies_data)
        iam.aws_managed_policies_data = json.dumps({name: every[name] for name in names.split(",")})


if __name__ == "__main__":
    _patch(WSGIRequestHandler, backends, responses, models)
    main(["-H", "127.0.0.1", "-p", "0"])

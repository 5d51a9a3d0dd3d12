"""
SageMaker Role Manager as code: compose, render, check and prove least-privilege IAM roles.

Programs use `rolemgr.api`, which is loaded when it is first used; ``import rolemgr`` loads nothing else.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rolemgr import api

__all__ = ["__version__", "api"]

__version__ = "1.0.0"


if not TYPE_CHECKING:  # else mypy would take every name to be there

    def __getattr__(name: str) -> Any:
        """Load the interface for programs at first use."""
        if name != "api":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return import_module("rolemgr.api")

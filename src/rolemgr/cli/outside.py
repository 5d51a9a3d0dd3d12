"""The process that the command line is, as the use cases are handed it."""

import os

from rolemgr.cli.files import note, read_input
from rolemgr.workflow.outside import Outside

OUTSIDE = Outside(os.environ, read_input, note)
"""This process's environment, its stdin, and its stderr for notes."""

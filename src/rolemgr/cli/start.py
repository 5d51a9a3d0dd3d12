"""What the program `rolemgr` runs: settings of the process first, as all that is loaded after them is quicker to load."""

from typing import NoReturn

from rolemgr.cli.process import keep_to_ourselves, run_and_end, skip_plugin_loader


def run() -> NoReturn:
    """Run the command line of this process, and end it."""
    keep_to_ourselves()
    skip_plugin_loader()
    from rolemgr.cli.main import main  # click and all else

    run_and_end(main)

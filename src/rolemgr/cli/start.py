"""What the program `rolemgr` runs: the settings of its process, and then all that loads the quicker for them."""

from typing import NoReturn

from rolemgr.cli.process import keep_to_ourselves, open_streams, run_and_end, skip_plugin_loader


def run() -> NoReturn:
    """Run the command line of this process, and end it."""
    open_streams()
    keep_to_ourselves()
    skip_plugin_loader()
    from rolemgr.cli.main import main  # click and all else

    run_and_end(main)

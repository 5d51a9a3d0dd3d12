"""What the account's own analyzers found unused, as evidence beside files of it."""

from collections.abc import Iterator, Sequence

from rolemgr.account.connect import Access
from rolemgr.account.unused_access import unused_access
from rolemgr.errors import printable
from rolemgr.files.source import SourceFile
from rolemgr.usage.access_reports import is_about
from rolemgr.workflow.outside import Say


def findings_of(way: Access, names: Sequence[str], say: Say) -> Iterator[SourceFile]:
    """
    Yield what each analyzer of unused access found about the principals that *names* mean, as a file of findings.

    Says what is read, and what that costs. Raises as `unused_access`.
    """
    say(
        f"findings of unused access are read in {way.account}, {way.region}, as {way.caller}: free of charge beside the"
        " analyzer, which AWS charges for by the role and the month; none is made"
    )
    for one in unused_access(way, lambda arn: is_about(arn, names)):
        name = f"analyzer {printable(one.name)}"
        if not one.findings:
            say(f"{name} has no finding of {', '.join(names)}: all of it was used, or it is not analyzed")
        yield SourceFile(name, list(one.findings), {})

"""Several roles for the person who approves them, on one page: a row for each, then one after another."""

from collections.abc import Iterator, Sequence

from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, Tone, counted

_WORST = (Tone.BAD, Tone.LOOK, Tone.GOOD, Tone.PLAIN)


def roles_page(pages: Sequence[tuple[str, Page]]) -> Page:
    """Return the *pages* of roles as one, each with the name of its file: which roles there are, then all of each."""
    table = Table(("Role", "File", "ARN"), tuple((one.title, Code(file), one.about[0]) for file, one in pages))
    return Page(
        counted(len(pages), "role"),
        tuple(Code(file) for file, _ in pages),
        tuple(_fact(one) for _, one in pages),
        (Section("Roles", table=table), *(section for _, one in pages for section in _sections(one))),
        {"roles": [{"file": file, **one.data} for file, one in pages]},
    )


def _fact(page: Page) -> Fact:
    """Return what the summary of *page* says, as one sentence about its role."""
    tones = [one.tone for one in page.summary]
    tone = next((one for one in _WORST if one in tones), Tone.PLAIN)
    return Fact(f"{_name(page)}: {'; '.join(one.text for one in page.summary)}", tone)


def _sections(page: Page) -> Iterator[Section]:
    """Yield the parts of *page*, each under a title that says whose it is."""
    for one in page.sections:
        yield one._replace(title=f"{_name(page)}: {one.title}")


def _name(page: Page) -> str:
    return page.title.partition(":")[0]

"""The forms that a page is written in, by the names that ``--format`` gives them."""

from typing import Final

from rolemgr.report.pages.page import Page

FORMS: Final = {"markdown": "Markdown", "html": "HTML"}
"""What each form is called in a sentence."""


def page_text(page: Page, form: str) -> str:
    """Return *page* in *form*, one of `FORMS`; only the library of that form is loaded."""
    if form == "html":
        from rolemgr.report.pages.html import html

        return html(page)
    from rolemgr.report.pages.markdown import markdown

    return markdown(page)

"""Several roles for the person who approves them: each on its page, one after another."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rolemgr.errors import InputError, raise_all
from rolemgr.workflow.many import each_alone
from rolemgr.workflow.outside import Outside, once
from rolemgr.workflow.preview import Preview, page_of, preview_of
from rolemgr.workflow.role import RenderedChoice, render_chosen


class PreviewedEach(NamedTuple):
    """The roles by the names of their files, and what is wrong with those that could not be made."""

    found: Sequence[tuple[str, RenderedChoice]]
    wrong: Sequence[InputError]
    full: bool

    @property
    def preview(self) -> Preview:
        """All of them as one: ``{"roles": [{"file", ...}]}`` for programs, page after page for people."""
        return Preview(self._data, self._page, self._in_form)

    @property
    def _each(self) -> list[tuple[str, Preview]]:
        return [(name, preview_of(one, full=self.full)) for name, one in self.found]

    def _data(self) -> dict[str, Any]:
        return {"roles": [{"file": name, **one.data()} for name, one in self._each]}

    def _page(self) -> Any:
        from rolemgr.report.pages.several import one_after_another  # rich, for a page alone

        return one_after_another((name, one.page()) for name, one in self._each)

    def _in_form(self, form: str) -> str:
        """Return Markdown one below the other; of HTML one page, as a file can hold no two."""
        from rolemgr.report.pages.forms import page_text
        from rolemgr.report.pages.of_roles import roles_page

        if form == "html" and len(self.found) > 1:
            return page_text(roles_page([(name, page_of(one)) for name, one in self.found]), form)
        return "\n".join(one.in_form(form) for _, one in self._each)


def preview_each(
    files: Sequence[str], chosen: Mapping[str, Any], outside: Outside, *, full: bool, verbose: bool
) -> PreviewedEach:
    """
    Return the role of each of *files* under the same *chosen* options; one that can't be made stops no other.

    Raises what is wrong where no role can be made. What is said of several is said once.
    """
    around = outside._replace(say=once(outside.say))
    found, wrong = each_alone(files, lambda name: render_chosen({**chosen, "role": name}, around, verbose=verbose))
    if not found:
        raise_all(wrong)
    return PreviewedEach(found, wrong, full)

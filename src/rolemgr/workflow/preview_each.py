"""Several roles for the person who approves them: each on its page, one after another."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rolemgr.errors import InputError, SourceLocation, gathering, raise_all
from rolemgr.workflow.outside import Outside, once
from rolemgr.workflow.preview import Preview, preview


class PreviewedEach(NamedTuple):
    """The roles by the names of their files, and what is wrong with those that could not be made."""

    found: Sequence[tuple[str, Preview]]
    wrong: Sequence[InputError]

    @property
    def preview(self) -> Preview:
        """All of them as one: ``{"roles": [{"file", ...}]}`` for programs, page after page for people."""
        return Preview(self._data, self._page, self._in_form)

    def _data(self) -> dict[str, Any]:
        return {"roles": [{"file": name, **one.data()} for name, one in self.found]}

    def _page(self) -> Any:
        from rolemgr.report.pages.several import one_after_another  # rich, for a page alone

        return one_after_another((name, one.page()) for name, one in self.found)

    def _in_form(self, form: str) -> str:
        if form == "html":
            problem = "`html` is one page of one role, and several are given"
            raise InputError(SourceLocation("--format"), problem, "give --format markdown, or one role file")
        return "\n".join(one.in_form(form) for _, one in self.found)


def preview_each(
    files: Sequence[str], chosen: Mapping[str, Any], outside: Outside, *, full: bool, verbose: bool
) -> PreviewedEach:
    """
    Return the role of each of *files* under the same *chosen* options; one that can't be made stops no other.

    Raises what is wrong where no role can be made. What is said of several is said once.
    """
    found: list[tuple[str, Preview]] = []
    wrong: list[InputError] = []
    around = outside._replace(say=once(outside.say))
    for name in files:
        with gathering(wrong):
            found.append((name, preview({**chosen, "role": name}, around, full=full, verbose=verbose)))
    if not found:
        raise_all(wrong)
    return PreviewedEach(found, wrong)

"""One request against each of several roles: every one is judged for itself."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from rolemgr.errors import InputError, gathering
from rolemgr.workflow.asked_files import AskedPrincipal
from rolemgr.workflow.outside import Outside, once
from rolemgr.workflow.simulate import Simulated, SimulateQuery, simulate
from rolemgr.workflow.views import Views

Beside: TypeAlias = Callable[[Simulated], Simulated]


def _alone(found: Simulated) -> Simulated:
    return found


class SimulatedEach(NamedTuple):
    """The decisions by the names of the files, and what is wrong with those that could not be asked."""

    found: Sequence[tuple[str, Simulated]]
    wrong: Sequence[InputError]

    @property
    def views(self) -> Views:
        """The decisions for programs, ``{"roles": [{"file", "decision", ...}]}``, and for people."""
        return Views(self._data, self._page)

    def _data(self) -> dict[str, Any]:
        return {"roles": [{"file": name, **one.views.data()} for name, one in self.found]}

    def _page(self) -> Any:
        from rolemgr.report.pages.several import one_after_another  # rich, for a page alone

        return one_after_another((name, one.views.page()) for name, one in self.found)


def simulate_each(
    asking: SimulateQuery, asked: Sequence[AskedPrincipal], outside: Outside, *, verbose: bool, beside: Beside = _alone
) -> SimulatedEach:
    """
    Return the decision of each of *asked* on the request of *asking*; what is said of several is said once.

    *beside* adds what another says of it.

    One that can't be read stops no other.
    """
    found: list[tuple[str, Simulated]] = []
    wrong: list[InputError] = []
    around = outside._replace(say=once(outside.say))
    for one in asked:
        with gathering(wrong):
            query = asking._replace(policies=one.policies, chosen=one.chosen)
            found.append((one.name, beside(simulate(query, around, verbose=verbose))))
    return SimulatedEach(found, wrong)

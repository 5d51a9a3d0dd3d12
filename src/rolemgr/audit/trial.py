"""The search for a context in which one request comes through, and whether it surely does not."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from rolemgr.audit.contexts import Choice, Values, escaped, is_settled, matches, may_choose, satisfied
from rolemgr.compare.budget import Budget
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.known import known_keys
from rolemgr.evaluate.policies import ActionStatements, Layer, Policies
from rolemgr.evaluate.principals import Match, match, read_caller
from rolemgr.evaluate.request import Context, Request, account_in
from rolemgr.evaluate.requirements import guard_of
from rolemgr.evaluate.statement import ReadStatement, takes_resource
from rolemgr.iam.documents import Effect

_MOST_ALLOWS: Final = 12
"""How many Allows of one layer are tried, one after the other, for one request."""
_MOST_TRIES: Final = 48
"""How many contexts are tried for one request."""
_MOST_ESCAPES: Final = 4
_MOST_CHANGES: Final = 12
"""How many Denies are escaped one after the other, at most."""
_SESSION_TAGS: Final = "aws:principaltag/"
_ID: Final = "aws:userid"
OWNER: Final = "aws:resourceaccount"
"""The account that owns the resource, which an ARN of S3 does not tell."""


class Trial:
    """
    The search for a context in which one request is allowed: *settled* keys have the value that they have.

    *about* is what the layers of *policies* say about the action; *owner* is the account of the resource.
    """

    def __init__(
        self, principal: str, action: str, resource: str, settled: Mapping[str, tuple[str, ...]], policies: Policies,
        about: Iterable[ActionStatements], budget: Budget, choice: Choice, owner: str | None = None,
    ) -> None:  # fmt: skip
        self._principal, self._action, self._resource = principal, action, resource
        self._owner = owner
        known = {one.folded: one.values for one in known_keys(principal, owner or account_in(resource))}
        self._settled, self._given = {**known, **settled}, settled
        self._policies, self._about, self._budget = policies, tuple(about), budget
        self._caller, self._choice = read_caller(principal), choice
        self.has_session_tags = False
        self.own_tags: Mapping[str, tuple[str, ...]] = {}
        """The tags of the role, by their keys, that stay where a session does not bring others."""
        self.is_outside = False
        """Whether the principal is of somewhere else, which gives it the tags and the id that it wants."""
        self.is_known = True
        """Whether the input tells the unique id of the principal."""
        self.free: tuple[str, ...] = ()
        """Keys, or how they begin, whose values somebody sets before the request: tags that are given or taken away."""

    def _is_fixed(self, key: str) -> bool:
        """Tell whether the lower-case *key* has the value that it has; a session may bring tags that its role lacks."""
        if key in self._settled or key.startswith(self.free):
            return key in self._settled
        if (self.has_session_tags or self.is_outside) and key.startswith(_SESSION_TAGS):
            return not may_choose(key, self._choice)
        if key == _ID and (self.is_outside or not self.is_known):
            return not may_choose(key, self._choice)
        return is_settled(key) or not may_choose(key, self._choice)

    def _is_told(self, key: str) -> bool:
        """Tell whether the lower-case *key* is fixed, and its value known: whose a bucket is, no ARN tells."""
        return self._is_fixed(key) and (key != OWNER or key in self._settled)

    def request(self) -> Request | None:
        """Return an allowed request, if one is found."""
        tried: list[Values] = []
        for chosen in islice(self._contexts(), _MOST_TRIES):
            for context in (chosen, *self._escapes(chosen)):
                if context in tried or len(tried) >= _MOST_TRIES:
                    continue
                tried.append(context)
                request = self._made(context)
                self._budget.spend(1)
                if evaluate(request, self._policies).decision == "Allowed":
                    return request
        return None

    def _made(self, chosen: Values) -> Request:
        context = {key: list(values) for key, values in self._sent(chosen).items() if values}
        return Request.known(self._action, self._resource, context, self._principal, self._owner)

    def _sent(self, chosen: Values) -> Values:
        brought = {key: values for key, values in chosen.items() if values or self.free or key not in self.own_tags}
        return {**self.own_tags, **brought, **self._given}

    def _contexts(self) -> Iterator[Values]:
        """Yield contexts that satisfy one Allow of each layer that must allow it, and of those that may."""
        found: list[Values] = [{}]
        either = any(group.layer is Layer.RESOURCE for group in self._about)
        for group in self._about:
            if group.layer is Layer.RESOURCE_CONTROL:
                continue  # RCPs only deny
            allows = list(islice(self._allows(group), _MOST_ALLOWS))
            if not allows and group.layer in (Layer.RESOURCE, Layer.TRUST, Layer.IDENTITY):
                continue  # another layer may allow it alone, or the evaluator says no
            made = [
                context
                for chosen in found
                for one in allows
                if (context := satisfied(one, self._settled, chosen, self._is_fixed)) is not None
            ]
            without = found if either and group.layer in (Layer.RESOURCE, Layer.IDENTITY) else []
            found = [*made[:_MOST_ALLOWS], *without[:_MOST_ALLOWS]]
        yield from found

    def _allows(self, group: ActionStatements) -> Iterator[ReadStatement]:
        for _, one in group.statements:
            if one.effect is Effect.ALLOW and self._is_about(one):
                yield one

    def _is_about(self, statement: ReadStatement) -> bool:
        named = statement.principals is None or match(statement.principals, self._caller, bounded=False)
        return bool(named) and (statement.everywhere or takes_resource(statement, self._made({})))

    def _escapes(self, chosen: Values) -> Iterator[Values]:
        """Yield *chosen* changed so that the Denies which match it don't, one after the other."""

        def fixed(key: str) -> bool:
            return key in chosen or self._is_fixed(key)

        current, denies = chosen, list(self._denies())
        for _ in range(_MOST_CHANGES):
            deny = next((one for one in denies if matches(one, current, self._settled)), None)
            if deny is None:
                return
            others = [one for one in denies if one is not deny]
            changed = escaped(deny, others, self._settled, current, fixed)[:_MOST_ESCAPES]
            if not changed:
                return
            yield from changed
            current = changed[0]

    def _denies(self) -> Iterator[ReadStatement]:
        for group in self._about:
            yield from (one for _, one in group.statements if one.effect is Effect.DENY and self._is_about(one))

    def surely_denied(self) -> bool:
        """Tell whether no context lets it come through: no Allow is about it, or a Deny has nothing to escape by."""
        if any(self._is_unconditional(deny) for deny in self._denies()):
            return True
        identity = any(self._may_allow(group) for group in self._about if group.layer is Layer.IDENTITY)
        opened = self._opened()
        if (opened is Match.NONE and self._must_be_opened()) or (
            not identity and (opened or Match.NONE) <= Match.ACCOUNT
        ):
            return True
        bounds = (Layer.PERMISSIONS_BOUNDARY, Layer.SERVICE_CONTROL)
        return not all(self._may_allow(group) for group in self._about if group.layer in bounds)

    def _must_be_opened(self) -> bool:
        """Tell whether the policy of the resource must allow it: of a role, of a key, of what another account owns."""
        request = self._made({})
        return guard_of(request) is not None or request.resource_account not in (None, self._caller.account)

    def _opened(self) -> Match | None:
        """Return how an Allow of the resource's policy may let the principal in; None where there is no such policy."""
        groups = [group for group in self._about if group.layer in (Layer.TRUST, Layer.RESOURCE)]
        if not groups:
            return None
        found = (
            match(one.principals, self._caller, bounded=False)
            for one in self._allows(groups[0])
            if one.principals and not self._fails(one)
        )
        return max(found, default=Match.NONE)

    def _may_allow(self, group: ActionStatements) -> bool:
        """Tell whether a statement of *group* might allow it: no settled key fails one of its conditions."""
        return any(not self._fails(one) for one in self._allows(group))

    def _fails(self, statement: ReadStatement) -> bool:
        context = Context(self._settled)
        return any(
            self._is_told(one.folded_key) and not one.holds(context)
            for one in statement.conditions
            if not any(not self._is_fixed(key.lower()) for key in one.variables)
        )

    def _is_unconditional(self, deny: ReadStatement) -> bool:
        context = Context(self._settled)
        return all(
            self._is_told(one.folded_key) and one.holds(context) and not one.variables for one in deny.conditions
        )

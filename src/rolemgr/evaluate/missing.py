"""
What is open of a decision where policies decide too whose text nobody has.

An identity policy may allow anything, and deny it; a permissions boundary gives nothing and takes away. So an explicit
deny stays one, and where another layer lacks an Allow, the request is denied whatever those policies say.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from typing import Literal, NamedTuple, TypeAlias

from rolemgr.evaluate.decision import Decision, Evaluation
from rolemgr.evaluate.policies import Layer
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import FREE

Outcome: TypeAlias = Decision | Literal["NotKnown"]
"""A decision, or that a policy without a text may turn it."""


class MissingPolicies(NamedTuple):
    """Policies of a principal whose text nobody has, by their ARN or in words: *identity* ones and *boundaries*."""

    identity: tuple[str, ...] = ()
    boundaries: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.identity, *self.boundaries)

    def turning(self, request: Request, evaluation: Evaluation) -> tuple[str, ...]:
        """Return those that can turn *evaluation*, the decision on *request* without them: from yes to no, or back."""
        if request.folded_action in FREE or evaluation.decision == "ExplicitlyDenied":
            return ()
        if evaluation.decision == "Allowed":
            return self.names
        alone = all(layer is Layer.IDENTITY for layer, _ in evaluation.not_allowed_by)
        return self.identity if alone else ()

    def outcome(self, request: Request, evaluation: Evaluation) -> Outcome:
        """Return the decision on *request*, or that it is not known."""
        return "NotKnown" if self.turning(request, evaluation) else evaluation.decision

    def notes(self, request: Request, evaluation: Evaluation) -> tuple[str, ...]:
        """Return what to say of each of them beside the decision on *request*."""
        turning = self.turning(request, evaluation)
        would = "deny" if evaluation.decision == "Allowed" else "allow"
        return tuple(
            f"not known: {name} may {would} it, and its text is not at hand"
            if name in turning
            else f"the decision is made without {name}, which can't turn it: its text is not at hand"
            for name in self.names
        )


NONE_MISSING = MissingPolicies()

"""
Carry out the steps of a plan: all of them, or none.

A step counts as perhaps done from the moment its call is made: an answer may be lost after IAM did the work.
Where a step fails, all steps so far are taken back in reverse order; what a step made is taken away only
while it carries the tag of this run, so that what somebody else made under the same name stays.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from rolemgr.account.difference import describe_difference
from rolemgr.account.failures import ask, aws_errors, code_of
from rolemgr.account.ownership import RUN_TAG, State, state_of
from rolemgr.account.plan import RolePlan
from rolemgr.account.read import read_policy, read_role, read_tags, read_versions
from rolemgr.account.role_steps import BACK_TO_VERSION, mark
from rolemgr.account.step import ApiCall, PlanStep, Thing
from rolemgr.errors import AwsError

Sleep: TypeAlias = Callable[[float], None]
Tell: TypeAlias = Callable[[str], None]

WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds to wait, again and again, for what IAM was told to be seen by the next call."""

_LONG = 500
"""A command of more characters holds a whole policy, which no message should."""

_BUSY = frozenset({"ConcurrentModification", "DeleteConflict"})
_SOON = _BUSY | {"NoSuchEntity"}
"""Errors that go away by themselves once IAM has spread what it was told."""


class Execution:
    """
    One run over one role by its *plan*; after a failure *left* names what could not be taken back.

    *sleep* waits for IAM to catch up, *tell* is told each step before it is taken.
    """

    def __init__(self, iam: Any, plan: RolePlan, run: str, *, sleep: Sleep, tell: Tell) -> None:
        self.left: list[str] = []
        """What this run made or changed and could not take back, each with the command that does."""
        self.unseen: list[str] = []
        """What this run may have made, its answer being lost, and what IAM does not show: it may still come to be."""
        self.complete = False
        """Whether the role is there as it was planned; only what it no longer has may still be there."""
        self._iam, self._plan, self._run, self._sleep, self._tell = iam, plan, run, sleep, tell
        self._role = Thing("role", plan.wanted.documents.name, plan.wanted.arn)
        self._begun: list[PlanStep] = []
        self._done: list[PlanStep] = []
        self._refused: list[PlanStep] = []
        """Steps that AWS said it did not take."""
        self._unclear: list[PlanStep] = []
        """Steps of which nobody knows whether they were taken back: the answer to that was lost."""

    @property
    def begun(self) -> bool:
        """Whether any change was asked for."""
        return any(step not in self._refused for step in self._begun)

    def carry_out(self) -> None:
        """
        Take the steps of the plan, read the role back, and mark it as complete.

        Raises AwsError where a step fails or something else is read back, and lets an interruption through:
        each after everything was taken back, or is named in *left*.
        """
        try:
            for step in self._plan.steps:
                self._take(step)
            self._read_back()
            self._take(mark(self._role.key, State("complete", self._run)))
            self.complete = True
        except BaseException:  # also Ctrl-C and a bug of ours: nothing half-made stays, whatever it was
            self.complete = False
            self._take_back()
            raise
        self._clean_up()

    def _take(self, step: PlanStep) -> None:
        self._tell(step.what)
        self._begun.append(step)
        try:
            with aws_errors():
                self._call(step.call)
        except AwsError as error:
            if error.code != "EntityAlreadyExists" or step.makes is None:
                if not error.perhaps_done:
                    self._refused.append(step)
                raise
            self._adopt(step.makes, error)
        self._done.append(step)

    def _call(self, call: ApiCall, passing: frozenset[str] = _SOON) -> None:
        """Make *call*, again after a while where an error of *passing* says that IAM has not seen the last one yet."""
        from botocore.exceptions import ClientError

        for wait in (*WAITS[:3], None):
            try:
                ask(getattr(self._iam, call.operation), **call.parameters)
            except ClientError as error:
                if wait is None or not _passes(error, passing):
                    raise
                self._sleep(wait)
            else:
                return

    def _adopt(self, thing: Thing, error: AwsError) -> None:
        """Take *thing*, which exists, as made by this run where it is: its answer was lost. Otherwise raise *error*."""
        run = self._seen_run_of(thing)
        if run == self._run:
            return
        if run:
            raise AwsError(f"{thing.kind} {thing.arn} was just made by another run of rolemgr ({run})",
                           "run it again when that one is done") from error  # fmt: skip
        elsewhere = " in other upper and lower case" if thing.kind == "role" else " under another path or in other case"
        where = elsewhere if run is None else ""
        raise AwsError(f"{thing.kind} {thing.arn} exists{where}, not made by rolemgr",
                       "choose another --name", code=error.code) from error  # fmt: skip

    def _seen_run_of(self, thing: Thing) -> str | None:
        """Return the run that made *thing*, after a while where IAM does not show it at once."""
        for wait in WAITS[:2]:
            run = self._run_of(thing)
            if run is not None:
                return run
            self._sleep(wait)
        return self._run_of(thing)

    def _run_of(self, thing: Thing) -> str | None:
        """Return the run that made *thing*: nothing where it was somebody else, None where it is not there."""
        if thing.kind == "policy":
            policy = read_policy(self._iam, thing.key)
            return None if policy is None else policy.tags.get(RUN_TAG, "")
        tags = read_tags(self._iam, thing.key)
        if tags is None:
            return None
        state = state_of(tags)
        return state.run if state else ""

    def _read_back(self) -> None:
        """Raise AwsError where the account does not have the role as it was sent, also after a while."""
        documents = self._plan.wanted.documents
        self._tell("read it back")
        for wait in (*WAITS, None):
            role = read_role(self._iam, documents.name)
            if role and role.state and role.state.run != self._run:
                raise AwsError(f"another run of rolemgr ({role.state.run}) has taken role {role.arn} over")
            differences = describe_difference(role, documents) if role else ("the role is not there",)
            if not differences and role and role.state:
                return
            if wait is None:
                raise AwsError(f"IAM gives back something else than it was sent: {differences[0]}")
            self._sleep(wait)

    # --- back

    def _take_back(self) -> None:
        """Take all begun steps back, the last one first; what can't be is named in *left*."""
        steps = [step for step in reversed(self._begun) if step.undo]
        for number, step in enumerate(steps):
            try:
                self._undo(step)
            except AwsError as error:
                rest = steps[number:] if error.concerns_all else [step]
                self._name_left(rest, error)
                if error.concerns_all:
                    return
            except (KeyboardInterrupt, SystemExit):  # a user who presses Ctrl-C again does not want to wait
                self._name_left(steps[number:], None)
                return

    def _undo(self, step: PlanStep) -> None:
        """Take *step* back, unless it never came to be, or what it was done to is somebody else's by now."""
        run = self._seen_run_of(step.makes or self._role)
        unseen = run is None and step in self._done  # what IAM said it made, it will show in a while
        if (run != self._run and not unseen) or self._in_others_use(step):
            if run is None and step.makes and step not in self._refused:
                self.unseen.append(f"{step.makes.kind} {step.makes.arn}")
            return
        self._tell(f"take back: {step.what}")
        for call in step.undo:
            try:
                self._undo_surely(call)
            except AwsError as error:
                if error.perhaps_done:
                    self._unclear.append(step)
                raise

    def _undo_surely(self, call: ApiCall) -> None:
        """Make *call*, once more where its answer was lost: what takes back may be done twice, and then it is known."""
        try:
            with aws_errors():
                self._undo_call(call)
        except AwsError as error:
            if not error.perhaps_done or error.concerns_all:
                raise
            with aws_errors():
                self._undo_call(call)

    def _in_others_use(self, step: PlanStep) -> bool:
        """Tell whether *step* made a policy that hangs on a role which another run has taken over."""
        if not step.makes or step.makes.kind != "policy" or self._run_of(self._role) in (None, self._run):
            return False
        policy = read_policy(self._iam, step.makes.key)
        return policy is not None and policy.attachments > 0

    def _undo_call(self, call: ApiCall) -> None:
        from botocore.exceptions import ClientError

        if call.operation == BACK_TO_VERSION:
            for one in self._back_to_version(call.parameters):
                self._undo_call(one)
            return
        try:
            self._call(call, _BUSY)
        except ClientError as error:
            if code_of(error) != "NoSuchEntity":
                raise

    def _back_to_version(self, parameters: Mapping[str, Any]) -> Iterator[ApiCall]:
        """Yield the calls that undo a new version; which one that is, if it came to be, is known only now."""
        arn, version = parameters["PolicyArn"], parameters["VersionId"]
        there = read_policy(self._iam, arn)
        if there and there.version != version:
            yield ApiCall("set_default_policy_version", {"PolicyArn": arn, "VersionId": version})
        for other in read_versions(self._iam, arn):
            if other not in parameters["Kept"]:
                yield ApiCall("delete_policy_version", {"PolicyArn": arn, "VersionId": other})

    def _name_left(self, steps: Sequence[PlanStep], error: AwsError | None) -> None:
        """Name what *steps* leave, and the *error* that they could not be taken back for, or the interruption."""
        why = str(error) if error else "interrupted"
        for step in steps:
            commands = [call.command for call in step.undo if call.operation != BACK_TO_VERSION]
            word = "remove" if step.makes else "take"
            back = "" if step.makes else " back"
            short = commands and all(len(command) < _LONG for command in commands)
            how = f"; {word} it{back} with `{' && '.join(commands)}`" if short else ""
            maybe = "perhaps " if step not in self._done or step in self._unclear else ""
            self.left.append(f"{maybe}{step.left}{how} ({why})")

    def _clean_up(self) -> None:
        """Take away what the role no longer has; it is complete without that, so a failure is named and no more."""
        for number, step in enumerate(self._plan.cleanup):
            self._tell(step.what)
            try:
                with aws_errors():
                    self._call(step.call)
            except AwsError as error:
                self._name_unused([step], str(error))
            except (KeyboardInterrupt, SystemExit):
                self._name_unused(self._plan.cleanup[number:], "interrupted")
                raise

    def _name_unused(self, steps: Sequence[PlanStep], why: str) -> None:
        for step in steps:
            arn = step.call.parameters["PolicyArn"]
            self.left.append(f"policy {arn}, attached nowhere; remove it with `{step.call.command}` ({why})")


def _passes(error: Exception, passing: frozenset[str]) -> bool:
    """Tell whether *error* may go away by itself in a few seconds."""
    if code_of(error) == "MalformedPolicyDocument":
        return "Invalid principal" in str(error)  # a role that was just made is not known as a principal at once
    return code_of(error) in passing

"""
The course of the wizard: a question, an answer that is judged at once, the next question, and back.

An answer is judged by what judges the flags: the role so far is composed. What is wrong and will still be
asked for (a key that a profile needs, in a later step) waits until then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, MissingValueError, RolemgrError, UnknownNameError, gathering, raise_all
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.wizard.answers import Answers, KeyPath, flag, spec_of
from rolemgr.wizard.questions import Question, first_questions, questions
from rolemgr.wizard.reading import read

Judge: TypeAlias = Callable[[Sourced[RoleSpec]], object]
"""What raises RolemgrError where the choices make no role."""

BACK, NEXT_STEP, HELP, QUIT = ("<", "back"), (">", "next"), ("?", "help"), ("q", "quit")
MORE = ("more",)
WORDS = (*BACK, *NEXT_STEP, *HELP, *QUIT, *MORE)
"""What is not an answer; behind a ``=`` it is one, for a role that is called `back`."""


@dataclass(frozen=True)
class Dialogue:
    """Where the wizard stands: the *answers* so far and the question *at* that it asks; None is the last page."""

    catalog: Catalog
    judge: Judge
    answers: Answers
    at: KeyPath | None = ("persona",)
    whole: bool = True
    """Whether all questions are asked, and not the first ones alone."""

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions, as the answers so far make them."""
        return self.with_answers(self.answers)

    def with_answers(self, answers: Answers) -> tuple[Question, ...]:
        """Return the questions as *answers* make them."""
        return questions(self.catalog, answers) if self.whole else first_questions(self.catalog, answers)

    @property
    def question(self) -> Question | None:
        """The question that is asked now, None on the last page."""
        return next((one for one in self.questions if one.path == self.at), None)


def answered(dialogue: Dialogue, text: str) -> Dialogue:
    """
    Return *dialogue* with *text* as the answer to its question, at the next one; nothing keeps what was there.

    Raises InputError (or Problems, or another RolemgrError) where it is wrong: then nothing has changed.
    """
    question = _asked(dialogue)
    text = text[1:] if text[:1] == "=" and text[1:].lower() in WORDS else text
    answers = read(dialogue.answers, question.path, question.form, text, question.names) if text else dialogue.answers
    if "persona" not in answers.choices:
        raise InputError(None, "a role needs a persona", "give its name or number")
    ahead = _behind(dialogue.with_answers(answers), _until(dialogue.questions, question.path))
    raise_all(_due(dialogue.judge, answers, ahead))
    return replace(dialogue, answers=answers, at=ahead[0].path if ahead else None)


def back(dialogue: Dialogue, label: str = "") -> Dialogue:
    """
    Return *dialogue* at the question before, or at the earlier one called *label*; the first has none before it.

    Raises UnknownNameError where no earlier question has that label.
    """
    before: Sequence[Question] = dialogue.questions
    if dialogue.at is not None:
        before = _until(before, dialogue.at)[:-1]
    if not label:
        return replace(dialogue, at=before[-1].path) if before else dialogue
    found = [one.path for one in before if one.label == label.replace("_", "-")]
    if not found:
        known = ", ".join(one.label for one in before) or "none"
        raise UnknownNameError(
            None, "earlier question", label, [one.label for one in before], otherwise=f"there are {known}"
        )
    return replace(dialogue, at=found[0])


def widened(dialogue: Dialogue) -> Dialogue:
    """Return *dialogue* with all questions to come; from the last page it leads to the first that was not asked."""
    wide = replace(dialogue, whole=True)
    if dialogue.whole or dialogue.at is not None:
        return wide
    asked = {one.path for one in dialogue.questions}
    return replace(wide, at=next((one.path for one in wide.questions if one.path not in asked), None))


def skipped(dialogue: Dialogue) -> Dialogue:
    """
    Return *dialogue* at the next step, or at the first question on the way that wants an answer.

    Raises RolemgrError where the question that is asked wants one.
    """
    step = _asked(dialogue).step
    dialogue = answered(dialogue, "")
    while (question := dialogue.question) and question.step == step:
        try:
            dialogue = answered(dialogue, "")
        except RolemgrError:
            return dialogue
    return dialogue


def _asked(dialogue: Dialogue) -> Question:
    question = dialogue.question
    if question is None:
        raise ValueError("the last page asks for no answer")
    return question


def _until(asked: Sequence[Question], path: KeyPath) -> Sequence[Question]:
    """Return the questions up to the one at *path*, with it."""
    return asked[: [one.path for one in asked].index(path) + 1]


def _behind(asked: Sequence[Question], done: Sequence[Question]) -> Sequence[Question]:
    """Return those of *asked* that come behind all that are *done*; a wrong answer may have taken its question away."""
    paths = {one.path for one in done}
    return asked[max(place for place, one in enumerate(asked) if one.path in paths) + 1 :]


def _due(judge: Judge, answers: Answers, ahead: Sequence[Question]) -> list[InputError]:
    """
    Return what is wrong with *answers* that no question *ahead* will ask about.

    What can wait hides what is judged after it, so the rest is judged once more without that.
    """
    coming = {one.path for one in ahead}
    while True:
        problems: list[InputError] = []
        with gathering(problems):
            judge(spec_of(answers))
        due = [problem for problem in problems if not _can_wait(problem, coming)]
        waiting = {one.where.file for one in problems if one.where} & {flag(key) for key in answers.choices}
        if due or not waiting:
            return due
        for key in [key for key in answers.choices if flag(key) in waiting]:
            answers = answers.put((key,), None)


def _can_wait(problem: InputError, coming: set[KeyPath]) -> bool:
    """Tell whether one of the *coming* questions is where *problem* stands, or may give what is missing."""
    if isinstance(problem, MissingValueError):
        return not coming.isdisjoint(problem.given_by)
    return problem.where is not None and problem.where.file in {flag(path[0]) for path in coming if len(path) == 1}

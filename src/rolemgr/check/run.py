"""Run the rules over documents."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from rolemgr.check.branches import families, told_once
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.rule import Hit, Rule
from rolemgr.check.rules import all_rules
from rolemgr.iam.documents import PolicyType


def check(documents: Iterable[Document]) -> Iterator[Finding]:
    """Yield what the rules find in *documents*, in their order; those of one file and group are one role."""
    told: set[Finding] = set()
    documents = list(documents)
    attached_together(documents)
    for family in families(documents):
        together = not family.is_too_large
        found = [list(_group(group, together=together)) for group in family.groups]
        again = any(document.copy for group in family.groups for document in group)  # the same policy, once more
        for finding in told_once(found, family.ways):
            if not again or finding not in told:
                yield finding
            told.add(finding)


def attached_together(documents: Iterable[Document]) -> None:
    """Let each SCP among *documents* know those that were made with it: of one file, or of files that are numbered."""
    made: dict[str, list[Document]] = {}
    for document in documents:
        if document.kind is PolicyType.SCP and not document.copy:
            made.setdefault(_NUMBER.sub("", document.name), []).append(document)
    for found in made.values():
        for document in found if len(found) > 1 else ():
            for one in (document, *(statement.policy for statement in document.statements)):
                one.beside = found  # its statements know the document as it was read, which may be another object


_NUMBER = re.compile(r"-[0-9]+(?=\.[a-z.]+$)")
"""What tells the files of one run apart that go to one place."""


def _group(documents: list[Document], *, together: bool) -> Iterator[Finding]:
    for document in documents:
        found = () if document.copy else _document(document)
        yield from (one for one in found if not (document.attached and one.rule.startswith(_OF_WORDING)))
    if any(document.held for document in documents):
        return  # it acts in the groups of its holders
    for rule in _of_groups() if together else ():
        if rule.of_group:
            for document, hit in rule.of_group(documents):
                if not (document.attached and rule.id.startswith(_OF_WORDING)):
                    yield _finding(rule, document, hit)


def _document(document: Document) -> Iterator[Finding]:
    for problem in document.problems:
        hit = Hit(problem.message, problem.path, key=problem.key, sid=problem.sid)
        yield _finding(all_rules()[problem.rule], document, hit)
    for statement in document.statements:
        for rule in _of_statements(document.kind, statement.effect, bool(statement.conditions)):
            if rule.of_statement:
                for hit in rule.of_statement(statement):
                    yield _finding(rule, document, hit._replace(sid=statement.sid))
    for rule in _of_documents(document.kind):
        if rule.of_document:
            for hit in rule.of_document(document):
                yield _finding(rule, document, hit)


_OF_WORDING = ("RM1", "RM2", "RM3", "RM4", "RM5")
"""Rules about how a policy is written: in the text of AWS's own nobody can mend it."""


def _finding(rule: Rule, document: Document, hit: Hit) -> Finding:
    line = document.line_of(hit.path)
    column = document.column_of(hit.path)
    return Finding(rule.id, rule.severity, hit.message, document.name, line, hit.sid, hit.action, hit.key, column)


@cache
def _of_statements(kind: PolicyType, effect: str, conditions: bool) -> tuple[Rule, ...]:
    return tuple(rule for rule in all_rules().values() if rule.concerns(kind, effect, conditions))


@cache
def _of_documents(kind: PolicyType) -> tuple[Rule, ...]:
    return tuple(rule for rule in all_rules().values() if rule.of_document and kind in rule.kinds)


@cache
def _of_groups() -> tuple[Rule, ...]:
    return tuple(rule for rule in all_rules().values() if rule.of_group)

"""Mutants of the evaluator: copies of its modules with one word changed, asked the evaluation cases."""

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.mutation import replaced
from tests.prove.mutants import Data, Mutant, compiled

import rolemgr.evaluate
import rolemgr.iam
from rolemgr.errors import RolemgrError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.documents import IdentityPolicy

LANGUAGE = ("operators", "values", "variables", "wildcards")
"""The modules of the policy language that decide with it."""


class Evaluator(NamedTuple):
    """The decision and the policies that it is asked about, both of one copy of the evaluator."""

    evaluate: Any
    policies: Any


def mutated_evaluate(module: str, old: str, new: str) -> Evaluator:
    """Return a copy of the evaluator's modules, *module* with *old* made *new*."""
    folder = Path(rolemgr.evaluate.__file__).parent
    paths = [path for path in folder.glob("*.py") if path.stem not in ("__init__", "errors")]
    paths += [Path(rolemgr.iam.__file__).parent / f"{name}.py" for name in LANGUAGE]
    texts = {path.stem: path.read_text("utf-8") for path in paths}
    texts[module] = replaced(texts[module], old, new)
    names = "|".join(texts)
    done: dict[str, Any] = {}

    def load(name: str) -> Any:
        if name not in done:
            for needed in re.findall(rf"^from rolemgr\.(?:evaluate|iam)\.({names}) import", texts[name], re.MULTILINE):
                load(needed)
            source = re.sub(rf"\brolemgr\.(?:evaluate|iam)\.({names})\b", r"mutant_evaluate_\1", texts[name])
            done[name] = compiled(f"mutant_evaluate_{name}", source)
        return done[name]

    try:
        return Evaluator(load("decision").evaluate, load("policies").Policies)
    finally:
        for name in done:
            sys.modules.pop(f"mutant_evaluate_{name}", None)


EVALUATOR = [
    ("operators", "return self.every or self.if_exists", "return True", "an absent key always matches"),
    ("operators", "return self.every or self.if_exists", "return False", "an absent key never matches"),
    ("operators", "return self.every or self.if_exists", "return self.if_exists", "negated operators are false without their key"),
    ("operators", "return self.every or self.if_exists", "return self.every", "IfExists is overlooked"),
    ("operators", "self.negated if self.qualifier is None else self.qualifier == 'ForAllValues'", "False if self.qualifier is None else self.qualifier == 'ForAllValues'", "one good value excuses the others"),
    ("operators", 'self.qualifier == "ForAllValues"', 'self.qualifier == "ForAnyValue"', "the qualifiers are exchanged"),
    ("operators", 'self.qualifier == "ForAllValues"', "True", "ForAnyValue is taken as ForAllValues"),
    ("operators", 'return "Not" in self.base', "return False", "StringNotLike is StringLike"),
    ("conditions", "any(matches(value, context) for matches in matchers)", "all(matches(value, context) for matches in matchers)", "all listed values must match"),
    ("conditions", "any(matches(value, context) for matches in matchers) is not negated", "any(matches(value, context) for matches in matchers) is not False", "negation is overlooked"),
    ("conditions", "(not found) in wanted", "bool(found) in wanted", "Null is turned round"),
    ("conditions", "(not found) in wanted", "True", "Null always holds"),
    ("conditions", "Condition(name, key, values, used, key.lower(), test)", "Condition(name, key, values, used, key, test)", "condition keys have case"),
    ("values", "return lambda value: value == wanted", "return lambda value: value.lower() == wanted.lower()", "StringEquals has no case"),
    ("values", "value.lower() == wanted", "value == wanted", "StringEqualsIgnoreCase has case"),
    ("values", "_string_like = _texts(glob)", "_string_like = _texts(_equals)", "StringLike knows no wildcard"),
    ("values", "_string_equals = _texts(_equals)", "_string_equals = _texts(glob)", "StringEquals knows wildcards"),
    ("values", '"NumericGreaterThan": _number(gt)', '"NumericGreaterThan": _number(lt)', "greater is less"),
    ("values", '"NumericGreaterThan": _number(gt)', '"NumericGreaterThan": _number(ge)', "greater is greater or equal"),
    ("values", '"NumericLessThanEquals": _number(le)', '"NumericLessThanEquals": _number(lt)', "less or equal is less"),
    ("values", '"DateLessThan": _date(lt)', '"DateLessThan": _date(gt)', "before is after"),
    ("values", "return bind(template, arn_glob)", "return bind(template, glob)", "a star of an ARN operator runs over colons"),
    ("wildcards", "return lambda value: value.startswith(first)", "return first.__eq__", "a last star stands for nothing"),
    ("wildcards", "not value.endswith(last)", "False", "a pattern may end early between stars"),
    ("wildcards", "at = value.find(text, at, end)", "at = value.find(text)", "texts between stars come in any order"),
    ("wildcards", 'chunks[-1] += one or ("." if token.segment == SEGMENTS - 1 else "[^:]")', 'chunks[-1] += ".*"', "? is *"),
    ("wildcards", 'char in "*?"', 'char in "*"', "? is a character"),
    ("wildcards", "if any(map(_has_inner_star, segments[: SEGMENTS - 1])):", "if False:", "an inner star runs over its segment"),
    ("wildcards", 'one = "." if segment and segment[0].segment == SEGMENTS - 1 else "[^:]"', 'one = "."', "wildcards run over the parts of an ARN"),
    ("wildcards", "folded = pattern.lower()", "folded = pattern", "actions have case"),
    ("wildcards", "pattern.fullmatch(value) is not None", "pattern.match(value) is not None", "a pattern may end early"),
    ("wildcards", "re.escape(token.char)", "token.char", "a dot is any character"),
    ("variables", "value = values[0] if len(values) == 1 else part.default", 'value = values[0] if values else ""', "a variable without a value is empty"),
    ("variables", "values[0] if len(values) == 1 else part.default", "values[0] if len(values) == 1 else None", "defaults of variables are overlooked"),
    ("variables", "pieces.append(Piece(value, live=False))", "pieces.append(Piece(value, live=True))", "what a variable brings in has wildcards"),
    ("variables", "return Variable(key.lower(), found[3], key)", "return Variable(key, found[3], key)", "variables have case"),
    ("variables", "variables and opens_variable(text)", "opens_variable(text)", "old versions have variables"),
    ("statement", 'listed is (statement.action_element == "Action")', "listed", "NotAction is Action"),
    ("statement", 'listed is (statement.resource_element == "Resource")', "listed", "NotResource is Resource"),
    ("statement", "if not condition.test(context.folded.get(condition.folded_key, ()), context):", "if False:", "conditions are overlooked"),
    ("decision", "if found.denied:", "if found.denied and not found.allowed:", "an Allow wins over a Deny"),
    ("decision", "found.denied.append(at)", "found.allowed.append(at)", "Denies are Allows"),
]  # fmt: skip
"""Defects of the evaluator: module, part (`tests.mutation`), what becomes of it, and what that means."""


@cache
def cases() -> list[tuple[Data, IdentityPolicy]]:
    """Return the evaluation cases that an identity policy alone decides, and the policy."""
    found = []
    for path in sorted((Path(__file__).parents[1] / "evaluate" / "cases").glob("*.yaml")):
        for case in read_yaml(path).data["cases"]:
            statements = case.get("statements") or ([_tested(case)] if "condition" in case else None)
            if statements and "decision" in case["expect"]:
                if case.get("effect") == "Deny" and "condition" in case:
                    statements = [{"Effect": "Allow", "Action": "*", "Resource": "*"}, *statements]
                document = {"Version": case.get("version", "2012-10-17"), "Statement": statements}
                found.append((case, IdentityPolicy.model_validate(document)))
    return [
        (case, document)
        for case, document in found
        if _decided(Evaluator(evaluate, Policies), case, document) == case["expect"]["decision"]
    ]


def _tested(case: Data) -> Data:
    return {"Effect": case.get("effect", "Allow"), "Action": "*", "Resource": "*", "Condition": case["condition"]}


def asked(case: Data) -> Data:
    """Return the request of *case*, its defaults filled in."""
    return {"action": "s3:GetObject", "resource": "arn:aws:s3:::amzn-s3-demo-bucket/key", **case.get("request", {})}


def evaluator_mutants() -> Iterator[Mutant]:
    """Yield the mutants of the evaluator."""
    for module, old, new, what in EVALUATOR:
        yield Mutant(f"evaluate/{module}.py: {what}", _of_evaluator(module, old, new))


def _of_evaluator(module: str, old: str, new: str) -> Callable[[Path], list[str]]:
    def found_by(_folder: Path) -> list[str]:
        mutant = mutated_evaluate(module, old, new)
        return [
            case["name"] for case, document in cases() if _decided(mutant, case, document) != case["expect"]["decision"]
        ]

    return found_by


def _decided(evaluator: Evaluator, case: Data, document: IdentityPolicy) -> str:
    """Return the decision on *case*, or the error's text."""
    try:
        policies = evaluator.policies(identity=(document,))
        return str(evaluator.evaluate(Request.from_json_value(asked(case)), policies).decision)
    except RolemgrError as error:
        return str(error)

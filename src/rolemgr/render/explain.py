"""What ``--explain`` adds to a role: where each statement comes from, and what could not be narrowed."""

from collections.abc import Sequence

from rolemgr.iam.documents import JsonValue
from rolemgr.model.role import ComposedRole, GuardrailInForce, Origin


def explanation(role: ComposedRole) -> JsonValue:
    """
    Return the origins of the statements of *role* by Sid, its parameters, guardrails, and keys without effect.

    Each origin has the actions that it gives the statement.

    ``NotNarrowed`` names the condition keys that a catalog statement puts on an action with which AWS never
    sends them: there they limit nothing. Each guardrail says what it narrows, what by-passes it, and where
    it lets a request through that does not carry its key.
    """
    return {
        "Persona": role.spec.persona,
        "ActivityGroups": list(role.groups),
        "Parameters": {name: list(values) for name, values in role.parameters.items()},
        "Statements": {
            statement.sid: [_with_actions(origin, actions) for origin, actions in statement.actions_by_origin().items()]
            for statement in role.statements
        },
        "Guardrails": [_guardrail(guardrail) for guardrail in role.guardrails],
        "NotByTag": [{"Action": one.action, "Why": one.why} for one in role.not_by_tag],
        "LetOff": [
            {"Never": str(excuse.never.forbidden), "Reason": excuse.reason, "Place": str(excuse.where)}
            for excuse in role.persona.excused
        ],
        "NotNarrowed": [
            {"Action": key.action, "ConditionKey": key.key, **_origin(key.origin)} for key in role.not_narrowed
        ],
    }


def _guardrail(guardrail: GuardrailInForce) -> dict[str, JsonValue]:
    return {
        "Guardrail": guardrail.name,
        "Values": {name: list(values) for name, values in guardrail.values.items()},
        "ChosenBy": guardrail.by,
        "Place": str(guardrail.where),
        "Narrows": list(guardrail.actions),
        "ByPassedBy": [{"Action": one.action, "Why": one.why} for one in guardrail.bypassed_by],
        "ByPassesDenied": guardrail.strict,
        "NotWhereAbsent": [{"Action": one.action, "Why": one.why} for one in guardrail.not_where_absent],
    }


_KINDS = {"activity group": "ActivityGroup", "guardrail": "Guardrail", "tag key": "TagKey", "bucket by tag": "TagKey"}


def _with_actions(origin: Origin, actions: Sequence[str]) -> dict[str, JsonValue]:
    return {**_origin(origin), "Actions": list(actions)}


def _origin(origin: Origin) -> dict[str, JsonValue]:
    return {
        "File": origin.location.file,
        "Line": origin.location.line,
        _KINDS.get(origin.kind, "Setting"): origin.group,
        "Sid": origin.sid,
    }

"""What ``--explain`` adds to a role: where each statement comes from, and what could not be narrowed."""

from rolemgr.model.policy import JsonValue
from rolemgr.model.role import ComposedRole, Origin


def explanation(role: ComposedRole) -> JsonValue:
    """
    Return the origins of the statements of *role* by Sid, its parameters, and its keys without effect.

    ``NotNarrowed`` names the condition keys that a catalog statement puts on an action with which AWS never
    sends them: there they limit nothing.
    """
    return {
        "Persona": role.spec.persona,
        "ActivityGroups": list(role.groups),
        "Parameters": {name: list(values) for name, values in role.parameters.items()},
        "Statements": {
            statement.sid: [_origin(origin) for origin in statement.origins] for statement in role.statements
        },
        "LetOff": [
            {"Never": str(excuse.never.forbidden), "Reason": excuse.reason, "Place": str(excuse.where)}
            for excuse in role.persona.excused
        ],
        "NotNarrowed": [
            {"Action": key.action, "ConditionKey": key.key, **_origin(key.origin)} for key in role.not_narrowed
        ],
    }


def _origin(origin: Origin) -> dict[str, JsonValue]:
    return {
        "File": origin.location.file,
        "Line": origin.location.line,
        "ActivityGroup": origin.group,
        "Sid": origin.sid,
    }

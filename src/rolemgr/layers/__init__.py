"""
The layers around the role: organization policies from the same guardrails, and patterns of their own.

    values        the parameters of patterns, each held to its form
    exemptions    who is exempt, and the roles that landing zones need
    ends          exemptions that end, by a second Deny that binds from then on
    statements    a pattern's statements filled, held to the reference, with the exemption on each
    guardrails    a guardrail's Denies over all actions that support its keys
    compose       all that was asked for as one `rolemgr.model.layer.ComposedLayer`

Pure, after `compose` and before `render`, which fits the Denies into documents.
"""

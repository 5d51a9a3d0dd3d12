"""
AWS's evaluation logic, offline: one request against the policies of every layer, and why.

`rolemgr.evaluate.decision.evaluate` answers with a decision and the statements that made it;
`rolemgr.evaluate.explain.explain` gives the same answer and says of every other statement why it did
not match. Both take a `rolemgr.evaluate.request.Request` and a `rolemgr.evaluate.policies.Policies`.

    errors        what is wrong with a policy, a request or a set of layers
    principals    who asks, and whether a Principal or NotPrincipal speaks of them
    known         the condition keys that follow from principal and resource
    request       who asks for what, in which context
    conditions    set qualifiers, IfExists, Null; a whole Condition element
    statement     does one statement match a request, and if not, why
    policies      the layers, and a document made ready to be asked often
    plain         policies straight from JSON, made ready for one action
    requirements  which layers must allow a request, and which have no say in it
    decision      the verdict over all layers
    explain       the verdict with its near misses

Pure, and without knowledge of personas: it imports the policy language (`rolemgr.iam`), the error tree, and of
the reference which services support resource control policies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

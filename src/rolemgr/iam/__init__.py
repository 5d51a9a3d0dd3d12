"""
The policy language, once: how AWS writes policies, ARNs, operators, variables and wildcards.

All code that reads or writes any of these takes it from here; no other room has a second grammar.

    base           the frozen pydantic model of what is read from files alone
    plain          the frozen dataclass of what a run makes too, read by pydantic where somebody wrote it
    marks          pydantic's annotations for those, made where one is first read
    arn            Amazon Resource Names and partitions
    documents      identity, trust and resource policies, as values that IAM would accept
    role_document  where the policies stand in a role, and in what AWS's CLI prints of one
    operators      condition operators taken apart: set qualifier, base, IfExists
    variables      `${aws:PrincipalTag/Project}` and its relatives
    wildcards      `*` and `?` in actions, strings, resources and ARN conditions: always in linear time

What a policy *means* for a request is in `rolemgr.evaluate`.
"""

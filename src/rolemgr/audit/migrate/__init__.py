"""
From a role as it is to one that the catalog renders: which groups, which parameters, what is lost, what must change.

    needs       what a role uses, or else may do: pairs of an action and resources
    used        the files that say what was used: policies, AWS's report on services last accessed
    grants      what each activity group allows, with the values that it would have
    infer       the values of parameters, from the resources that are needed
    cover       the sets of least weight that cover everything: exact while it is small
    choose      persona and groups, within what the persona must never do
    judge       each need asked of the rendered role
    migration   all of it for one role
    cluster     all roles of an account onto few personas
    places      where AWS keeps the ARN of a role, and how each is changed
"""

"""
What everybody in an account can really do, from what AWS tells of it: findings, each shown by requests.

    read        saved `get-account-authorization-details` to an inventory
    account     policies joined to their holders
    rights      one principal's requests: allowed, denied, or not to be told
    contexts    the values of condition keys that make a request come through
    breadth     administrators, over-permissioned SageMaker roles, PassRole, sharing
    trust       who may assume a role
    targets     what makes a role worth getting at, and what a principal can do to itself
    paths       escalation, in up to three steps
    nearest     the persona that a SageMaker role is nearest to
    run         all of it
"""

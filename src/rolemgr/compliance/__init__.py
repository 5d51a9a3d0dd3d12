"""
Which controls of a framework the catalog serves, on whose word, and by which statements, shown by requests.

A limit (a guardrail, a pattern of SCPs or RCPs, a separation) has two witnesses: a request that it denies, and one that
it leaves alone. Both are decided by the evaluator here, and written as a file for `rolemgr test`: who doubts them runs
them again.
"""

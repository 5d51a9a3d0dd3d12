"""
Rules over any IAM policy: what AWS refuses, what never matches, what gives away more than it seems to.

Policies are read leniently: what is wrong with one is a finding, and the other rules still run on what can
be read. A rule is one function under `rules/`; `run` puts documents and rules together.
"""

"""
How much policies let do: actions, writes, wildcards, reach for data, ways to other roles, and a score.

The unit is a permission: one action on one type of resource. What it weighs follows from the action's access level,
from how many resources the policy leaves open, and from whether a condition narrows it. What can't be judged is
counted wide, so that a score is never too good.
"""

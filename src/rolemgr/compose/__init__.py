"""
Compose a role: persona, activity groups and the user's values, by pure functions.

Same catalog and spec, same role; nothing is read, printed or asked of AWS here.
"""

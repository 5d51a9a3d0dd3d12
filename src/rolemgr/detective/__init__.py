"""
The layers around a role, as plain data: controls that hold or find what a role's policies can't.

Pure, like composition: nothing is printed or asked of AWS here.
"""

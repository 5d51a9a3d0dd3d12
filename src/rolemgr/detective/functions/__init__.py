"""
The sources of the Lambda functions that templates carry inline.

Each is a part of a program that runs in AWS Lambda and not here: it imports nothing of ours, and what is far
(the AWS clients) or of the process (the environment) is handed to it.
"""

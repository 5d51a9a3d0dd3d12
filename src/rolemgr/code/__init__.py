"""
What Python code and notebooks call of AWS, read and never run: boto3, and the SageMaker Python SDK in both versions.

`sources` reads files, `reader` walks what they say, `requests` makes requests of the calls. What can't be told of a
call is an `UntoldCode`, with its file and line.
"""

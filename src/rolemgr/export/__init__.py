"""
A role as others take it in: CloudFormation, stack sets, Terraform, a script, permission sets, SDK defaults.

Pure: a composed role goes in, data or text comes out, and every form carries the same statements.
"""

"""AWS itself: read a role, plan, create, compare. The only room that knows boto3, and only when it is called."""

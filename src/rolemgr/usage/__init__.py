"""What was really used: recorded calls against policies that are not attached yet."""

"""What a role, and every role that it reaches, can never do."""

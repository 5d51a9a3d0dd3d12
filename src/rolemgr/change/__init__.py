"""What changes for a role, in one language: what it gains and loses, which limits and values change, and why."""

"""Custom policy checks: the user's own, in YAML; each is a comparison with a policy that says what is in order."""

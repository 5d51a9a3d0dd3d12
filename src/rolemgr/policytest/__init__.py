"""Policy tests in YAML."""

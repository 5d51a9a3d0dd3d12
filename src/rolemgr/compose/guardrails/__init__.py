"""Guardrails: which a role has, and the Denies that they become."""

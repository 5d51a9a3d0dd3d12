"""Proofs by evaluation: what a role can do is asked of the evaluator, never read off the catalog."""

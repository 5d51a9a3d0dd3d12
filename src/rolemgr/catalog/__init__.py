"""Personas and activity groups: files in folders, read when asked for, names resolved."""

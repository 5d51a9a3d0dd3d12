"""Attribute-based access control: a caller reaches what carries its own value of a tag."""

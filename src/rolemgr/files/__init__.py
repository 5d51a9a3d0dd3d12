"""YAML and JSON in and out: a line for every value, limits before anything is built, same bytes out."""

"""The command line: parse, call, show. The only room that prints, and the only one that knows click."""

"""The use cases: a role chosen and made, many of them, judged, asked: nothing here prints or knows click."""

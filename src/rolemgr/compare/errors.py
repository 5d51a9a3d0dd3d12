"""The end of what a comparison may cost: it is told, and never taken for an answer."""


class TooComplex(Exception):  # noqa: N818 - it is caught by the comparison, which then says "cannot tell"
    """More cases than a comparison looks at; the text says of what."""

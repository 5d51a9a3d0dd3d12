"""
The bytes of a trail's file, a piece at a time: plain or compressed, and never more than a file of AWS can hold.

CloudTrail delivers its files compressed; exports of CloudWatch Logs are as well. A file that is made to expand beyond
all measure is read up to the limit, and that the rest is not read is said.
"""

import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

PIECE: Final = 1 << 20
"""How many bytes are read, or made from compressed ones, at once."""
MOST_BYTES: Final = 16 << 30
"""What is read of one file: an export of a year of an account's events is smaller."""
_GZIP: Final = b"\x1f\x8b"
_HARMLESS: Final = 64 << 20
_MOST_RATIO: Final = 400
"""Events compress to a tenth or a fortieth, one event over and over to a three-hundredth, a bomb to a thousandth."""


class BrokenFileError(Exception):
    """A file can't be read further: the reason."""


def pieces(file: BinaryIO, most: int = MOST_BYTES) -> Iterator[bytes]:
    """Yield the content of *file*; raise BrokenFileError where it is broken or more than *most* bytes."""
    total = 0
    for piece in _content(file):
        total += len(piece)
        if total > most:
            raise BrokenFileError(f"is larger than {most:,} bytes")
        yield piece


def _content(file: BinaryIO) -> Iterator[bytes]:
    try:
        first = file.read(PIECE)
        if first.startswith(_GZIP):
            yield from _inflated(file, first)
            return
        while first:
            yield first
            first = file.read(PIECE)
    except OSError as error:
        raise BrokenFileError(f"can't be read: {error.strerror or error}") from error


def _inflated(file: BinaryIO, first: bytes) -> Iterator[bytes]:
    """Yield what the gzip members of *file*, which begins with *first*, hold."""
    packed, read, made = first, len(first), 0
    inflater: Any = None
    while packed:
        inflater = inflater or zlib.decompressobj(wbits=31)
        try:
            piece = inflater.decompress(packed, PIECE)
        except zlib.error as error:
            raise BrokenFileError(f"is not valid gzip: {error}") from error
        made += len(piece)
        if made > _HARMLESS and made > read * _MOST_RATIO:
            raise BrokenFileError(f"expands to more than {_MOST_RATIO} times its size")
        if piece:
            yield piece
        packed = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
        if inflater.eof:
            inflater = None
            packed = packed.lstrip(b"\0")
        if not packed:
            packed = file.read(PIECE)
            read += len(packed)
    if inflater is not None:
        raise BrokenFileError("ends in the middle of its gzip data")

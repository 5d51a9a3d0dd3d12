"""What a terminal obeys in a text that anyone may have written: to be escaped before it gets there."""

import re
from typing import Final

OBEYED: Final = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
    "\ud800-\udfff]"
)
"""
What a terminal obeys and what changes the order of a line, or hides in it, but for what JSON escapes anyway.

DEL and the C1 controls (U+009B begins an escape sequence), the controls of bidirectional text, separators of lines,
characters without a width, and what stands for the bytes of a file's name that is not UTF-8. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""


def has_obeyed(text: str) -> bool:
    """Tell whether *text* has something that a terminal would obey."""
    return not (text.isascii() and "\x7f" not in text) and OBEYED.search(text) is not None

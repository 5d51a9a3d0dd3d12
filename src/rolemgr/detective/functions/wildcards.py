"""IAM's wildcards, for functions that run where nothing of ours does; the work is at most pattern times text."""


def fits(pattern: str, text: str) -> bool:
    """Tell whether *text* is what *pattern* says: ``*`` stands for any characters, ``?`` for one."""
    at = place = resume = 0
    star = -1
    while place < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume, at = at, place, at + 1
        elif at < len(pattern) and pattern[at] in ("?", text[place]):
            at, place = at + 1, place + 1
        elif star >= 0:
            at, resume, place = star + 1, resume + 1, resume + 1
        else:
            return False
    return set(pattern[at:]) <= {"*"}

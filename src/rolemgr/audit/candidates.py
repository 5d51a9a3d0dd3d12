"""Which of the roles and users that are worth getting at a principal can have a way to, without asking for one."""

from collections.abc import Iterable, Iterator, Sequence

from rolemgr.audit.setting import AuditedPrincipal

EVERYBODY = ("*", "")


class Candidates:
    """
    Subjects worth getting at, by whom their trust policies name and by account.

    A role is assumed by whom it trusts, in whatever account; all other ways (to pass it, to write who may assume it,
    to make a key of a user) stay within the account, as IAM's own requests do. So what a search looks at grows with
    the accounts, and not with their square.
    """

    def __init__(self, subjects: Sequence[AuditedPrincipal]) -> None:
        self._subjects = subjects
        self._trusting: dict[str, list[int]] = {}
        self._of_account: dict[str, list[int]] = {}
        for place, one in enumerate(subjects):
            self._of_account.setdefault(one.account, []).append(place)
            for name in one.trusted:
                self._trusting.setdefault(name, []).append(place)

    def of(self, subject: AuditedPrincipal, *, within: bool) -> Iterator[AuditedPrincipal]:
        """Yield the targets for *subject* in their order: who trusts it, and those *within* its account if asked."""
        account = subject.account
        names = (account, f"arn:{subject.partition}:iam::{account}:root", subject.holder.arn, *EVERYBODY)
        places: Iterable[int] = {place for name in names for place in self._trusting.get(name, ())}
        if within:
            places = {*places, *self._of_account.get(account, ())}
        yield from (self._subjects[place] for place in sorted(places))

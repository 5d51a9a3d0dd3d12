"""What the parts of the alarm on break-glass roles are called, in which account each is, and their ARNs."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final, NamedTuple

_FEW: Final = 3


class EmergencyRole(NamedTuple):
    """A break-glass role by its *arn*, and the *part* that it is of the kit: what its file and stack are called."""

    arn: str
    part: str

    @property
    def name(self) -> str:
        """Its name, without its path."""
        return self.arn.rpartition("/")[2]

    @property
    def account(self) -> str:
        """The account that it is in."""
        return self.arn.split(":")[4]

    @property
    def switched(self) -> str:
        """What the console asks for to switch to it: its path and name."""
        return self.arn.partition(":role/")[2]


@dataclass(frozen=True)
class BreakGlass:
    """
    Break-glass roles, which *users* may take, and where their alarm is.

    *roles* and *users* are ARNs; *policies* those of the managed policies and the boundaries of the roles; *keepers*
    patterns of the roles that look after the alarm. *name* is what everything of the alarm is called after.
    """

    roles: tuple[str, ...]
    users: tuple[str, ...]
    user_account: str
    alarm_account: str
    alarm_region: str
    partition: str
    keepers: tuple[str, ...]
    policies: tuple[str, ...] = ()
    name: str = "break-glass"

    @property
    def watched(self) -> tuple[str, ...]:
        """The accounts whose events are sent to the alarm's: the roles', and their users'."""
        return tuple(dict.fromkeys((*self.accounts, self.user_account)))

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts of the roles."""
        return tuple(dict.fromkeys(one.split(":")[4] for one in self.roles))

    @property
    def emergency_roles(self) -> tuple[EmergencyRole, ...]:
        """The roles, each with the part of the kit that it is; one alone is ``role``."""
        if len(self.roles) == 1:
            return (EmergencyRole(self.roles[0], "role"),)
        names = [EmergencyRole(one, "").name for one in self.roles]
        parts = [f"role-{re.sub('[^A-Za-z0-9]+', '-', one).strip('-').lower()}" for one in names]
        taken = Counter(parts)
        return tuple(
            EmergencyRole(arn, part if taken[part] == 1 else f"{part}-{number}")
            for number, (arn, part) in enumerate(zip(self.roles, parts, strict=True), start=1)
        )

    @property
    def role_names(self) -> tuple[str, ...]:
        """The names of the roles, without their paths, each once."""
        return tuple(dict.fromkeys(one.rpartition("/")[2] for one in self.roles))

    @property
    def called(self) -> str:
        """What the roles are called in a sentence."""
        names = self.role_names
        more = f" and {len(names) - _FEW} more" if names[_FEW:] else ""
        return f"{', '.join(names[:_FEW])}{more}"

    @property
    def user_names(self) -> tuple[str, ...]:
        """The names of the users, without their paths."""
        return tuple(one.rpartition("/")[2] for one in self.users)

    @property
    def sessions(self) -> tuple[str, ...]:
        """How the ARNs of the roles' sessions begin; the path of a role is not in them."""
        begin = f"arn:{self.partition}:sts::"
        return tuple(f"{begin}{one.account}:assumed-role/{one.name}/" for one in self.emergency_roles)

    @property
    def forwarder(self) -> str:
        """The name of the role as which rules send events to the alarm's account; each watched account has one."""
        return f"{self.name}-forward"

    @property
    def bus(self) -> str:
        """The ARN of the event bus that all rules send to."""
        return f"arn:{self.partition}:events:{self.alarm_region}:{self.alarm_account}:event-bus/{self.name}"

    @property
    def topic(self) -> str:
        """The ARN of the topic that people are subscribed to."""
        return f"arn:{self.partition}:sns:{self.alarm_region}:{self.alarm_account}:{self.name}"

    @property
    def queue(self) -> str:
        """The name of the queue that takes what could not be sent, in each watched account and region."""
        return f"{self.name}-undelivered"

    @property
    def alarm_queue(self) -> str:
        """The name of the queue that takes what could not be told; one account may be watched and have the alarm."""
        return f"{self.name}-alarm-undelivered"

    @property
    def use_rule(self) -> str:
        """The name of the rules that see the role used."""
        return f"{self.name}-use"

    @property
    def change_rule(self) -> str:
        """The name of the rules that see the role, its users or the alarm changed."""
        return f"{self.name}-change"

    @property
    def alarm_rule(self) -> str:
        """The name of the rule on the alarm's bus."""
        return f"{self.name}-alarm"

    @property
    def alarm_change_rule(self) -> str:
        """The name of the rule in the alarm's account that sees the alarm changed."""
        return f"{self.name}-alarm-change"

    @property
    def users_policy(self) -> str:
        """The name of the policy that the users have, and that bounds them."""
        return f"{self.name}-users"

    def protected(self) -> dict[str, tuple[str, ...]]:
        """
        Return the parameters of the SCP that keeps the alarm alive, as patterns for all regions.

        The key has no name that is known before it is made, so its own policy guards it.
        """
        every, alarm = f"arn:{self.partition}", self.alarm_account
        accounts = tuple(dict.fromkeys((*self.watched, alarm)))
        forwarders = (f"{every}:iam::{one}:role/{self.forwarder}" for one in self.watched)
        return {
            "roles": (*self.roles, *forwarders),
            "keepers": self.keepers,
            "policies": (*self.policies, f"{every}:iam::{self.user_account}:policy/{self.users_policy}"),
            "users": self.users,
            "rules": (
                *(f"{every}:events:*:{one}:rule/{self.name}-*" for one in accounts),
                f"{every}:events:*:{alarm}:rule/{self.name}/{self.name}-*",
            ),
            "buses": (f"{every}:events:*:{alarm}:event-bus/{self.name}",),
            "alarm_accounts": (alarm,),
            "topics": (f"{every}:sns:*:{alarm}:{self.name}",),
            "queues": (
                *(f"{every}:sqs:*:{one}:{self.queue}" for one in self.watched),
                f"{every}:sqs:*:{alarm}:{self.alarm_queue}",
            ),
            "alarms": (f"{every}:cloudwatch:*:{alarm}:alarm:{self.alarm_queue}",),
        }

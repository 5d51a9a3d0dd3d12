"""What the parts of a break-glass role's alarm are called, in which account each is, and their ARNs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BreakGlass:
    """
    A break-glass role, whose *users* may take it, and where its alarm is.

    *role* and *users* are ARNs; *policies* those of the managed policies and the boundary of the role; *keepers*
    patterns of the roles that look after the alarm. *name* is what everything of the alarm is called after.
    """

    role: str
    users: tuple[str, ...]
    account: str
    user_account: str
    alarm_account: str
    alarm_region: str
    partition: str
    keepers: tuple[str, ...]
    policies: tuple[str, ...] = ()
    name: str = "break-glass"

    @property
    def watched(self) -> tuple[str, ...]:
        """The accounts whose events are sent to the alarm's: the role's, and its users'."""
        return tuple(dict.fromkeys((self.account, self.user_account)))

    @property
    def role_name(self) -> str:
        """The name of the role, without its path."""
        return self.role.rpartition("/")[2]

    @property
    def user_names(self) -> tuple[str, ...]:
        """The names of the users, without their paths."""
        return tuple(one.rpartition("/")[2] for one in self.users)

    @property
    def sessions(self) -> str:
        """How the ARNs of the role's sessions begin; the path of the role is not in them."""
        return f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.role_name}/"

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
            "roles": (self.role, *forwarders),
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

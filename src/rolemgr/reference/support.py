"""Which condition keys a request carries, by action and resource type: the heart of distribution."""

from functools import lru_cache

from rolemgr.reference import quirks
from rolemgr.reference.services import Action, normal_key, resource_types, with_old_names


def supports(action: Action, types: tuple[str, ...], key: str) -> bool:
    """
    Tell whether a request for *action* on resources of all of *types* can carry the condition key *key*.

    A key comes with the action, with the resource type, or with both together; global keys come with any
    request (AWS lists the tag keys per action all the same). A type that lacks the key makes the answer
    no: a statement whose resources mix such types must be split.
    """
    return _supports(action, types, normal_key(key))


@lru_cache(maxsize=65_536)
def _supports(action: Action, types: tuple[str, ...], key: str) -> bool:
    if key in quirks.global_keys() or key in quirks.unlisted_keys_of(action.name) or key in action.condition_keys:
        return True
    return bool(types) and all(key in _keys_with(action, name) for name in types)


@lru_cache(maxsize=16_384)
def _keys_with(action: Action, type_name: str) -> frozenset[str]:
    """Return the keys that come with the resource type *type_name* in requests for *action*."""
    kind = resource_types(action.service).get(type_name)
    own = kind.condition_keys if kind else frozenset()
    per_action = (use.condition_keys for use in action.resource_types if use.name == type_name)
    return with_old_names(own.union(*per_action))


def known_key(action: Action, key: str) -> bool:
    """Tell whether *key* can come with *action* on any of its resource types."""
    names = tuple(use.name for use in action.resource_types)
    return supports(action, (), key) or any(supports(action, (name,), key) for name in names)

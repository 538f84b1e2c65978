"""Members of staff: those behind actors as rows keep them, and the one who acts from a command line."""

from collections.abc import Iterable

from accounts.models import User
from flowlet.core import ids


def behind(actors: Iterable[str]) -> dict[str, User]:
    """The people behind actors such as ``staff:usr_…``; others and unknown ones are left out. At most one query."""
    keys = {}
    for text in set(actors):
        kind, _, name = text.partition(":")
        if kind == "staff":
            try:
                keys[text] = User.key(name)
            except ids.MalformedId:
                continue
    users = {user.pk: user for user in User.objects.filter(pk__in=keys.values())} if keys else {}
    return {text: users[key] for text, key in keys.items() if key in users}

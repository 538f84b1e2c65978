"""How personal data looks until it is revealed: enough to recognise, not enough to use."""


def text(value: str) -> str:
    """First letter of each word: ``Ada Lovelace`` becomes ``A•• L•••••••``."""
    return " ".join(word[:1] + "•" * max(len(word) - 1, 1) for word in str(value).split())


def email(value: str) -> str:
    """``ada@example.com`` becomes ``a••@example.com``."""
    name, at, domain = str(value).partition("@")
    return f"{name[:1]}••{at}{domain}" if at else text(value)


def tail(value: str, keep: int = 4) -> str:
    """Only the last characters: ``••••1234``; nothing at all of a value that is not longer than twice that."""
    value = str(value)
    return "••••" + (value[-keep:] if len(value) > 2 * keep else "")

"""Who listens to what."""

import pytest

from flowlet.events import registry


def nothing(event):
    pass


@pytest.mark.parametrize(
    ("types", "heard", "not_heard"),
    [
        (("wallet.opened",), "wallet.opened", "wallet.opened.twice"),
        (("wallet.*",), "wallet.hold.placed", "wallets.opened"),
        (("a.b", "wallet.*"), "wallet.opened", "a.c"),
    ],
)
def test_a_handler_hears_its_types_and_no_others(types, heard, not_heard):
    registry.handler("app.name", types=types)(nothing)
    assert [found.name for found in registry.handlers_of(heard)] == ["app.name"]
    assert registry.handlers_of(not_heard) == []


def test_a_star_hears_everything():
    registry.handler("app.name", types=("*",))(nothing)
    assert [found.name for found in registry.handlers_of("any.thing")] == ["app.name"]


def test_two_functions_cannot_share_a_name_but_one_may_register_twice():
    registry.handler("app.name", types=("a.b",))(nothing)
    registry.handler("app.name", types=("a.b",))(nothing)
    with pytest.raises(ValueError, match="Two handlers"):
        registry.handler("app.name", types=("a.b",))(lambda event: None)
    assert len(registry.handlers()) == 1


@pytest.mark.parametrize(("name", "types"), [("plain", ("a.b",)), ("App.name", ("a.b",)), ("app.name", ()), ("app.name", "a.b")])
def test_a_handler_with_no_proper_name_or_types_is_refused(name, types):
    with pytest.raises(ValueError, match=r"dotted|types"):
        registry.handler(name, types=types)

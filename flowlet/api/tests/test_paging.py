"""Lists by cursor."""

import pytest

from flowlet.api.tests.conftest import TEA, Partner
from flowlet.api.tests.test_door import POTS, problem


@pytest.fixture
def seven(partner):
    """Seven pots, newest first, and one of another tenant."""
    Partner("fk_live_bob").ask("POST", POTS, TEA)
    return [partner.ask("POST", POTS, TEA | {"name": str(n)}).json()["id"] for n in range(7)][::-1]


def page_of(partner, query):
    body = partner.ask("GET", f"{POTS}?{query}").json()
    return [pot["id"] for pot in body["data"]], body["has_more"]


def test_walks_forward_without_repeating_or_skipping(partner, seven):
    assert page_of(partner, "limit=3") == (seven[:3], True)
    assert page_of(partner, f"limit=3&starting_after={seven[2]}") == (seven[3:6], True)
    assert page_of(partner, f"limit=3&starting_after={seven[5]}") == (seven[6:], False)
    assert page_of(partner, f"limit=3&starting_after={seven[6]}") == ([], False)


def test_walks_backward_in_the_same_order(partner, seven):
    assert page_of(partner, f"limit=3&ending_before={seven[6]}") == (seven[3:6], True)
    assert page_of(partner, f"limit=3&ending_before={seven[3]}") == (seven[:3], False)
    assert page_of(partner, f"limit=3&ending_before={seven[0]}") == ([], False)


def test_a_page_is_stable_while_rows_are_added(partner, seven):
    partner.ask("POST", POTS, TEA)
    assert page_of(partner, f"limit=3&starting_after={seven[2]}") == (seven[3:6], True)


def test_exactly_full_pages_say_that_there_is_no_more(partner, seven):
    assert page_of(partner, "limit=7") == (seven, False)


def test_both_cursors_at_once_are_refused(partner, seven):
    response = partner.ask("GET", f"{POTS}?starting_after={seven[0]}&ending_before={seven[3]}")
    problem(response, 400, "page.malformed_cursor", "ending_before")


def test_filters_by_moments(partner, seven):
    pots = partner.ask("GET", POTS).json()["data"]
    moment = pots[3]["created_at"].replace("+", "%2B")
    for operator, wanted in {"gte": seven[:4], "gt": seven[:3], "lte": seven[3:], "lt": seven[4:]}.items():
        assert page_of(partner, f"created[{operator}]={moment}") == (wanted, False)

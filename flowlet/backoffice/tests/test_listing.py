"""Lists by key: complete, in order, both ways, without counting, with a fixed number of queries."""

import re

import pytest
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.backoffice.listing import Order
from flowlet.backoffice.testing import at_most, signed_in

LIST = "/admin/flowlet_approvals/approval/"


@pytest.fixture
def client(person, pages):
    return signed_in(person("AUDITOR"))


@pytest.fixture
def sixty(person, request_by):
    maker = person("OPERATIONS")
    return [request_by(maker, f"wal_{n}") for n in range(60)]


def page(client, url=LIST):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.context["cl"]


def test_walking_forward_shows_every_row_once_newest_first(client, sixty):
    seen, url, sizes = [], LIST, []
    while url:
        found = page(client, url)
        seen += [row.pk for row in found.result_list]
        sizes.append(len(found.result_list))
        url = f"{LIST}{found.next_url}" if found.next_url else ""
    assert seen == [row.pk for row in reversed(sixty)]
    assert sizes == [25, 25, 10]


def test_walking_back_shows_the_same_pages(client, sixty):
    first = page(client)
    second = page(client, f"{LIST}{first.next_url}")
    third = page(client, f"{LIST}{second.next_url}")
    again = page(client, f"{LIST}{third.previous_url}")
    start = page(client, f"{LIST}{again.previous_url}")
    assert [row.pk for row in again.result_list] == [row.pk for row in second.result_list]
    assert [row.pk for row in start.result_list] == [row.pk for row in first.result_list]
    assert (start.previous_url, start.next_url != "", third.next_url, first.previous_url) == ("", True, "", "")


def test_rows_that_arrive_while_one_reads_shift_nothing(client, sixty, person, request_by):
    second_url = f"{LIST}{page(client).next_url}"
    before = [row.pk for row in page(client, second_url).result_list]
    request_by(person("FINANCE"), "wal_new")
    assert [row.pk for row in page(client, second_url).result_list] == before


def test_filters_survive_paging_and_start_at_the_first_page(client, sixty):
    first = page(client, f"{LIST}?status__exact=PENDING")
    assert "status__exact=PENDING" in first.next_url
    second = client.get(f"{LIST}{first.next_url}")
    choices = second.context["cl"].filter_specs[0].choices(second.context["cl"])
    assert all("_after" not in choice["query_string"] for choice in choices)


def test_the_list_counts_nothing_and_its_queries_do_not_grow(client, person, request_by):
    maker = person("OPERATIONS")
    for n in range(3):
        request_by(maker, f"wal_{n}")
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for n in range(57):
        request_by(maker, f"wal_{n}")
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)
    # One more: only a list that goes on asks the planner how long it is; the second because the table is small enough to look.
    assert (len(few), len(many)) == (4, 6)
    counting = [query["sql"] for query in many.captured_queries if "COUNT(" in query["sql"]]
    assert all("LIMIT 10000" in sql for sql in counting)
    assert "OFFSET" not in str(many.captured_queries)


def test_the_page_of_a_row_keeps_to_its_budget(client, sixty):
    with at_most(12):
        assert client.get(f"{LIST}{sixty[0].public_id}/change/").status_code == 200


def test_a_list_that_fits_on_a_page_says_exactly_how_many(client, person, request_by):
    maker = person("OPERATIONS")
    request_by(maker, "wal_1")
    found = page(client)
    assert (found.is_exact, found.result_count, found.next_url) == (True, 1, "")
    request_by(maker, "wal_2")
    html = client.get(LIST).content.decode()
    assert "about" not in re.search(r'<nav class="fl-pages".*?</nav>', html, re.S).group()


def test_search_is_exact_and_finds_public_ids(client, sixty):
    def found(term):
        return [row.subject for row in page(client, f"{LIST}?q={term}").result_list]

    assert found("wal_7") == ["wal_7"]
    assert found("wal_") == []
    assert found(sixty[9].public_id) == ["wal_9"]
    assert found("apr_00000000000000000000000000") == []
    assert len(found(sixty[0].maker_id[:8])) == 25


def test_search_leaves_other_types_alone(client):
    assert page(client, "/admin/flowlet_audit/record/?q=not-a-number").result_list == []


@pytest.mark.parametrize("token", ["nonsense", "WyJ4Il0:bad", ""])
def test_a_made_up_place_leads_to_the_start(client, sixty, token):
    answer = client.get(LIST, {"_after": token})
    assert answer.status_code in (200, 302)
    if answer.status_code == 302:
        assert answer["Location"] == f"{LIST}?e=1"


def test_lists_refuse_to_be_written(client, sixty):
    assert client.post(LIST, {"action": "delete_selected"}).status_code == 405
    assert client.post(f"{LIST}{sixty[0].public_id}/change/", {"subject": "x"}).status_code == 405
    assert Approval.objects.count() == 60


def test_a_row_that_is_not_there_is_404(client):
    for key in ("apr_00000000000000000000000000", "nonsense", "par_00000000000000000000000000", "1"):
        assert client.get(f"{LIST}{key}/change/").status_code == 404


def test_ordering_always_ends_in_the_key_and_refuses_what_may_be_empty():
    assert Order(Approval, ["-created_at"]).names() == ["-created_at", "-id"]
    assert Order(Approval, ["created_at", "-pk", "subject"]).names() == ["created_at", "-id"]
    assert Order(Record, []).names(flipped=True) == ["id"]
    with pytest.raises(IncorrectLookupParameters):
        Order(Approval, ["decided_at"])
    with pytest.raises(IncorrectLookupParameters):
        Order(Approval, ["nothing"])


def test_ties_in_the_first_column_are_broken_by_the_key(db, person, request_by):
    maker = person("OPERATIONS")
    rows = [request_by(maker, f"wal_{n % 2}") for n in range(6)]
    order = Order(Approval, ["subject", "-pk"])
    walked, token = [], ""
    while True:
        queryset = Approval.objects.filter(order.beyond(Approval, token)) if token else Approval.objects.all()
        found = list(queryset.order_by(*order.names())[:2])
        if not found:
            break
        walked += found
        token = order.place(found[-1])
    assert [row.pk for row in walked] == [rows[n].pk for n in (4, 2, 0, 5, 3, 1)]

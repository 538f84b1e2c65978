"""The first page: mine to see, fixed in cost, open even when a part is ill."""

import pytest

from flowlet.backoffice import home
from flowlet.backoffice.testing import signed_in
from flowlet.core import clock


@pytest.fixture
def panels(monkeypatch, pages):
    monkeypatch.setattr(home, "_panels", {})

    def add(panel):
        return home.register(panel)

    return add


def queue(name="cases", count=3, **fields):
    def load(request):
        return home.Waiting(count=count, url="/admin/find/", oldest_at=clock.now())

    return home.Queue(**{"name": name, "title": f"Title of {name}", "load": load, **fields})


def test_queues_come_first_in_their_order(panels, person):
    panels(queue("second", order=2))
    panels(queue("first", order=1, count=0))
    panels(home.Figures(name="money", title="Money", load=lambda request: [home.Figure("USD", "1,000.00")]))
    html = signed_in(person("AUDITOR")).get("/admin/").content.decode()
    assert html.index("Title of first") < html.index("Title of second") < html.index("1,000.00")
    assert "nothing waits" in html


def test_a_panel_is_shown_only_with_its_permission(panels, person):
    panels(queue("secret", permission="accounts.manage_users"))
    assert "Title of secret" not in signed_in(person("AUDITOR")).get("/admin/").content.decode()
    assert "Title of secret" in signed_in(person("ADMINISTRATOR")).get("/admin/").content.decode()


def test_a_panel_that_fails_says_so_and_the_page_opens(panels, person):
    def broken(request):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

    panels(queue("ill", load=broken, order=1))
    panels(queue("well", order=2))
    answer = signed_in(person("AUDITOR")).get("/admin/")
    assert answer.status_code == 200
    assert "Not available at the moment" in answer.content.decode()
    assert "Title of well" in answer.content.decode()


def test_a_name_is_taken_once(panels):
    first = panels(queue("cases"))
    assert home.register(first) is first
    with pytest.raises(ValueError, match="cases"):
        panels(queue("cases"))

"""Fixtures of every test: a cloned database, and connections of other roles for tests that tamper.

``django_db_setup`` replaces pytest-django's. A test with ``django_db`` runs in a transaction that is rolled back; one with
``django_db(transaction=True)`` leaves the database as it was cloned when it is over. ``for_the_module`` keeps one transaction open for
all tests of a module.
"""

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from flowlet.runtime.clones import Clones, at_database


class _Current:
    """The clone of this worker, and every connection that Django opened to it."""

    clones: Clones
    name: str = ""
    template: str = ""
    opened: "weakref.WeakSet[Any]" = weakref.WeakSet()


def _note(connection: Any, **_: Any) -> None:
    _Current.opened.add(connection)


def _close_all() -> None:
    """Close this thread's connections, those too that Django hides.

    One that was opened while an event loop ran (Playwright's, say) is out of the reach of ``connections`` afterwards, and would come
    back dead in the next test with a loop.
    """
    for connection in list(_Current.opened):
        if connection._thread_ident == threading.get_ident():
            connection.close()


def _renew(_: Any = None) -> None:
    """Stand-in for TransactionTestCase's flush: the database is what it was when it was cloned."""
    _close_all()
    _Current.clones.renew(_Current.name, _Current.template)


def _clones() -> Clones:
    return Clones(
        app_url=os.environ["DATABASE_URL"],
        owner_url=os.environ["DATABASE_OWNER_URL"],
        superuser_url=os.environ["FLOWLET_TEST_SUPERUSER_URL"],
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Build the template before the first test, whose time it would take, if a test wants a database."""
    asks = {"db", "transactional_db", "django_db_setup", "live_server"}
    wanted = any(item.get_closest_marker("django_db") or asks & set(getattr(item, "fixturenames", ())) for item in session.items)
    if wanted and not session.config.option.collectonly:
        _clones().template()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Point Django at a clone of the migrated template, as the application's role."""
    from django.conf import settings
    from django.db import connections
    from django.db.backends.signals import connection_created
    from django.test import TransactionTestCase

    addresses = {name: os.environ[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "FLOWLET_TEST_SUPERUSER_URL")}
    current = _Current
    current.clones = _clones()
    current.template = current.clones.template()
    current.name = current.clones.reserve(os.environ.get("PYTEST_XDIST_WORKER", "main"))
    current.clones.clone(current.name, current.template)
    flush = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = _renew
    # Subprocesses of tests find the clone too.
    os.environ.update({name: at_database(url, current.name) for name, url in addresses.items() if url})
    with django_db_blocker.unblock():
        connections.close_all()
    settings.DATABASES["default"]["NAME"] = current.name
    connection_created.connect(_note)
    try:
        yield
    finally:
        TransactionTestCase._fixture_teardown = flush
        os.environ.update(addresses)
        with django_db_blocker.unblock():
            _close_all()
        connection_created.disconnect(_note)
        current.clones.drop(current.name)
        current.clones.release()


def _connected(variable: str) -> Iterator[Any]:
    url = os.environ.get(variable, "")
    if not url:
        pytest.skip("The server does not let us connect as a superuser (FLOWLET_TEST_SUPERUSER_URL).")
    with contextlib.closing(psycopg2.connect(url, connect_timeout=10)) as connection:
        connection.autocommit = True
        yield connection


@pytest.fixture(scope="module")
def for_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A transaction around the rolled-back tests of a module: what a fixture of the module makes in it is there for each of them."""
    from django.db import transaction

    whole = transaction.atomic()
    whole._from_testcase = True  # what is durable is durable in it, as in the transaction of a test
    with django_db_blocker.unblock(), whole:
        yield
        transaction.set_rollback(True)


@pytest.fixture
def owner_connection(transactional_db: None) -> Iterator[Any]:
    """A psycopg2 connection (autocommit) of the schema's owner to the test's database."""
    yield from _connected("DATABASE_OWNER_URL")


@pytest.fixture
def superuser_connection(transactional_db: None) -> Iterator[Any]:
    """A psycopg2 connection (autocommit) of a superuser to the test's database; skips where there is none."""
    yield from _connected("FLOWLET_TEST_SUPERUSER_URL")

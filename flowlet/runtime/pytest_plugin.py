"""The early pytest plugin (``-p flowlet.runtime.pytest_plugin``): servers and secrets before Django reads its settings.

Without DATABASE_URL and REDIS_URL it starts embedded servers, in a home of their own that the next run finds again. Under xdist the
controller starts Valkey, whose address the workers inherit, and each worker a PostgreSQL of its own: seals and snapshots wait for
transactions anywhere on the server (the commit horizon), so tests on one server would disturb each other. The database of each worker
is a clone (``clones``); fixtures are in ``fixtures``.
"""

import gc
import os
import re
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from flowlet.runtime import clones, places
from flowlet.runtime.servers import APP, OWNER, SUPERUSER, Postgres, Valkey

BASE = "flowlet_test"
# Secrets of tests: fixed, so that a failure repeats.
TEST_SECRETS = {
    "SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests-only-for-tests",
    "FLOWLET_ENCRYPTION_KEYS": "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "FLOWLET_BLIND_INDEX_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDI=",
    "FLOWLET_API_KEY_PEPPER": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDM=",
    "FLOWLET_METRICS_TOKEN": "only-for-tests",
}
# Tells xdist's workers which servers are embedded.
_MARK = "FLOWLET_TEST_SERVERS"
_ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "FLOWLET_TEST_SUPERUSER_URL")
NOWHERE = "postgres://nobody@127.0.0.1:1/none"
_embedded: "Embedded | None" = None
_documents = ""


class Embedded:
    """The servers of one test run."""

    def __init__(self) -> None:
        self.home = places.make_home(places.tests_home() / ("tests-" + os.environ.get("PYTEST_XDIST_WORKER", "main")))
        self.lock = places.Lock(self.home / "lock")
        self.temporary = not self.lock.acquire()
        if self.temporary:
            self.home = Path(tempfile.mkdtemp(prefix="flowlet-"))
            self.home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None

    def start(self, *, database: bool) -> None:
        """Start what the environment does not name and put the addresses into it."""
        if not database:
            # xdist's controller runs no test, yet Django reads its settings there.
            os.environ.setdefault("DATABASE_URL", NOWHERE)
            os.environ.setdefault("FLOWLET_TEST_SUPERUSER_URL", "")
        elif not os.environ.get("DATABASE_URL"):
            self.postgres = self._start_postgres()
            self.postgres.ensure_database(BASE)
            os.environ["DATABASE_URL"] = self.postgres.url(APP, BASE)
            os.environ["DATABASE_OWNER_URL"] = self.postgres.url(OWNER, BASE)
            os.environ["FLOWLET_TEST_SUPERUSER_URL"] = self.postgres.url(SUPERUSER, BASE)
        if not os.environ.get("REDIS_URL"):
            self.valkey = Valkey(self.home)
            self.valkey.start()
            os.environ["REDIS_URL"] = self.valkey.url()

    def _start_postgres(self) -> Postgres:
        in_memory = self.home.is_relative_to(places.MEMORY)
        server = Postgres(self.home, careless=True, settings={"max_wal_size": "1GB"} if in_memory else None)
        try:
            server.start()
        except places.RuntimeProblem:  # without fsync a power cut may have spoilt the data; nothing in it is worth keeping
            shutil.rmtree(server.data, ignore_errors=True)
            server.start()
        return server

    def stop(self) -> None:
        """Stop both servers; remove the home if it was for this run only."""
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()
        if self.temporary:
            shutil.rmtree(self.home, ignore_errors=True)
        else:
            self.lock.release()


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def _redis_of_worker() -> None:
    """Give each xdist worker a database number of its own on the embedded Valkey."""
    number = int(re.sub(r"\D", "", os.environ["PYTEST_XDIST_WORKER"])) + 1
    parts = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = parts._replace(path=f"/{number}").geturl()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Set the environment before pytest-django loads the settings."""
    global _embedded
    os.environ.setdefault("FLOWLET_ENV", "test")
    os.environ["PYTHONHASHSEED"] = os.environ.get("PYTHONHASHSEED", "0")
    for name, value in TEST_SECRETS.items():
        os.environ.setdefault(name, value)
    if not os.environ.get("FLOWLET_DOCUMENTS_DIR"):
        global _documents
        _documents = os.environ["FLOWLET_DOCUMENTS_DIR"] = tempfile.mkdtemp(prefix="flowlet-documents-")
    if _is_worker():
        embedded = os.environ.get(_MARK, "").split()
        if "redis" in embedded:
            _redis_of_worker()
        if "database" in embedded:
            for name in _ADDRESSES:
                os.environ.pop(name, None)
    else:
        embedded = [
            name for name, variable in (("database", "DATABASE_URL"), ("redis", "REDIS_URL")) if not os.environ.get(variable)
        ]
        os.environ[_MARK] = " ".join(embedded)
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        _embedded = Embedded()
        try:
            _embedded.start(database=_is_worker() or not getattr(early_config.known_args_namespace, "numprocesses", None))
        except BaseException:
            _embedded.stop()
            raise
    if "FLOWLET_TEST_SUPERUSER_URL" not in os.environ:
        os.environ.setdefault("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
        candidate = clones.as_superuser(os.environ["DATABASE_OWNER_URL"])
        os.environ["FLOWLET_TEST_SUPERUSER_URL"] = candidate if clones.answers(candidate) else ""
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures late: of two plugins' fixtures with one name pytest takes the later's."""
    from hypothesis import HealthCheck, settings
    from hypothesis.internal.conjecture import providers
    from hypothesis.internal.constants_ast import Constants

    from flowlet.runtime import fixtures

    # No test fails for the slowness of the machine.
    settings.register_profile("flowlet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("flowlet")
    # Generated values do not depend on which modules are loaded: hypothesis would read all of the project's for constants, in the middle of
    # a test's transaction (up to a minute), and a whole run of the tests would have other values than a part of it.
    providers._get_local_constants = Constants
    config.pluginmanager.register(fixtures, "flowlet-fixtures")


def pytest_collection_finish() -> None:
    """Let the collector leave alone what stays for the whole run: thousands of tests, and every module."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure() -> None:
    """Stop what was started."""
    global _embedded
    if _documents:
        shutil.rmtree(_documents, ignore_errors=True)
    if _embedded is not None:
        _embedded.stop()
        _embedded = None

"""Embedded servers with real processes."""

import contextlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
import redis

from flowlet.runtime import places
from flowlet.runtime.servers import APP, OWNER, Postgres, Valkey, _is_server
from flowlet.runtime.vault_file import VaultFile


@pytest.fixture
def home():
    """A home that the servers' account can enter (pytest's own folders are private to us)."""
    folder = Path(tempfile.mkdtemp(prefix="flowlet-"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def postgres(home):
    server = Postgres(home)
    server.start()
    yield server
    server.stop()


def asked(url, statement):
    with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def test_it_runs_unprivileged_with_durable_settings_and_no_network(postgres):
    assert postgres.ensure_database() is True
    assert postgres.ensure_database() is False
    owner_of_process = os.stat(f"/proc/{postgres.process.pid}").st_uid
    assert owner_of_process != 0
    assert owner_of_process == postgres.account.uid
    settings = "SELECT " + ", ".join(
        f"current_setting('{name}')"
        for name in ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses", "server_encoding", "data_checksums")
    )
    assert asked(postgres.url(), settings) == ("on", "on", "on", "", "UTF8", "on")


def test_the_application_role_is_nobody_and_the_owner_is_no_superuser(postgres):
    postgres.ensure_database()
    rights = "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    assert asked(postgres.url(APP), rights) == (APP, False, False, False)
    assert asked(postgres.url(OWNER), rights) == (OWNER, False, True, False)


def test_a_wrong_password_is_refused(postgres):
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(re.sub(r":[^:@/]+@", ":wrong@", postgres.url(OWNER, "postgres")))


def test_an_acknowledged_commit_survives_a_killed_server(postgres):
    postgres.ensure_database()
    asked(postgres.url(OWNER), "CREATE TABLE kept AS SELECT 42 AS answer; SELECT 1")
    postgres.kill()
    postgres.start()
    assert asked(postgres.url(OWNER), "SELECT answer FROM kept") == (42,)


def test_a_predecessor_left_by_a_killed_supervisor_is_ended(postgres):
    left = postgres.process
    successor = Postgres(postgres.home)
    successor.start()
    assert left.wait(10) is not None
    assert not _is_server(left.pid, postgres.data)
    assert asked(successor.url(OWNER, "postgres"), "SELECT 1") == (1,)
    successor.stop()


def test_data_of_another_version_is_refused_by_name(postgres):
    postgres.stop()
    (postgres.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(places.RuntimeProblem, match=r"PostgreSQL 9, which made the data, was not found"):
        postgres.start()


def test_servers_stop_when_their_parent_is_killed(home):
    code = (
        "import sys, time; from pathlib import Path; from flowlet.runtime.servers import Postgres, Valkey\n"
        "home = Path(sys.argv[1]); p = Postgres(home, careless=True); p.start(); v = Valkey(home); v.start()\n"
        "print(p.process.pid, v.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True, cwd=places.ROOT)
    children = [int(word) for word in parent.stdout.readline().split()]
    assert len(children) == 2
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while any(running(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in children if running(pid)] == []


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_valkey_wants_its_password_and_keeps_nothing_on_disk(home):
    server = Valkey(home)
    server.start()
    try:
        assert redis.Redis.from_url(server.url(3)).set("name", "value")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=server.port).get("name")
        assert os.stat(f"/proc/{server.process.pid}").st_uid == server.account.uid != 0
    finally:
        server.stop()
    assert {path.name for path in server.folder.iterdir()} == {"log", "valkey.conf"}


def test_the_roles_for_a_server_of_ones_own_can_migrate_and_work(postgres):
    """deploy/roles.sql makes what docs/guides/operations.md promises."""
    with contextlib.closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP ROLE {APP}; DROP ROLE {OWNER}")
    names = {"owner": postgres.secrets[f"postgres_{OWNER}"], "app": postgres.secrets[f"postgres_{APP}"]}
    variables = [f"--set={name}_password={value}" for name, value in names.items()]
    script = ["-f", str(places.ROOT / "deploy" / "roles.sql")]
    subprocess.run(
        [postgres.programs / "psql", postgres.url("postgres", "postgres"), *variables, *script], check=True, capture_output=True
    )
    environment = {**os.environ, "DATABASE_URL": postgres.url(), "DATABASE_OWNER_URL": postgres.url(OWNER)}
    migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(migrate, check=True, cwd=places.ROOT, env=environment)
    assert asked(postgres.url(), "SELECT count(*) FROM accounts_partner") == (0,)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        asked(postgres.url(), "CREATE TABLE mine (a int)")


class TestSecrets:
    def test_they_are_made_once_and_only_we_can_read_them(self, tmp_path):
        file = VaultFile(tmp_path / "secrets.json")
        first = file.environment()
        assert VaultFile(tmp_path / "secrets.json").environment() == first
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
        assert len(set(first.values())) == len(first)

    def test_parallel_askers_get_one_value(self, tmp_path):
        with ThreadPoolExecutor(8) as pool:
            values = list(pool.map(lambda _: VaultFile(tmp_path / "secrets.json")["SECRET_KEY"], range(32)))
        assert len(set(values)) == 1


class TestPlaces:
    def test_a_socket_folder_too_deep_for_a_socket_moves_to_the_temporary_folder(self, tmp_path):
        home = tmp_path / ("x" * 90)
        home.mkdir()
        folder = places.socket_folder(home, places.server_account())
        assert len(str(folder / ".s.PGSQL.5432")) < 104
        assert not folder.is_relative_to(home)
        folder.rmdir()

    def test_a_home_below_a_closed_folder_moves_out_of_it(self, tmp_path):
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        home = places.home_for(closed / "data")
        account = places.server_account()
        assert account.can_enter(home)
        assert (home == closed / "data") is (account.uid == os.geteuid())

    def test_a_lock_has_one_holder_and_dies_with_it(self, tmp_path):
        lock = places.Lock(tmp_path / "lock")
        assert lock.acquire()
        assert not places.Lock(tmp_path / "lock").acquire()
        assert lock.holder() == str(os.getpid())
        lock.release()
        assert places.Lock(tmp_path / "lock").acquire()

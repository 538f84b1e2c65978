"""Where the servers of tests live."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from flowlet.runtime import places


@pytest.fixture
def memory(tmp_path, monkeypatch):
    """A file system in memory with room, on a machine with memory to spare."""
    folder = tmp_path / "shm"
    folder.mkdir()
    free = {"disk": places.ROOM, "memory": places.SPARE}
    monkeypatch.setattr(places, "MEMORY", folder)
    monkeypatch.setattr(places, "default_home", lambda root=places.ROOT: tmp_path / "disk" / root.name)
    room = lambda path: SimpleNamespace(free=free["disk"]) if path.exists() else _missing(path)  # noqa: E731
    monkeypatch.setattr(places.shutil, "disk_usage", room)
    monkeypatch.setattr(places, "_free_memory", lambda: free["memory"])
    return SimpleNamespace(folder=folder, free=free, disk=tmp_path / "disk" / "flowlet", root=Path("/src/flowlet"))


def test_tests_live_in_memory_where_there_is_plenty(memory):
    home = places.tests_home(memory.root)
    assert home == memory.folder / f"flowlet-{os.geteuid()}" / "flowlet" and home.is_dir()
    assert places.tests_home(memory.root) == home


@pytest.mark.parametrize("scarce", ["disk", "memory"])
def test_tests_live_on_the_disk_where_memory_is_scarce(memory, scarce):
    memory.free[scarce] -= 1
    assert places.tests_home(memory.root) == memory.disk


def test_tests_live_on_the_disk_where_there_is_no_memory_to_live_in(memory, monkeypatch):
    memory.folder.rmdir()
    assert places.tests_home(memory.root) == memory.disk


def test_tests_never_live_in_a_folder_that_somebody_else_made(memory, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (memory.folder / f"flowlet-{os.geteuid()}").symlink_to(theirs)
    assert places.tests_home(memory.root) == memory.disk
    assert list(theirs.iterdir()) == []


def test_what_a_control_group_leaves_is_all_that_is_free(monkeypatch):
    files = {"/proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    2048 kB\n"}
    monkeypatch.setattr(Path, "read_text", lambda path: files[str(path)] if str(path) in files else _missing(path))
    assert places._free_memory() == 2048 * 1024
    files |= {"/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/memory.current": "5\n"}
    assert places._free_memory() == 2048 * 1024
    files["/sys/fs/cgroup/memory.max"] = "1005\n"
    assert places._free_memory() == 1000


def _missing(path):
    raise FileNotFoundError(path)

"""Files by SFTP: once under a name, to the server that was meant, with the key that was given."""

import io
import socket

import paramiko
import pytest

from payments import errors
from payments.providers.delivery.sftp import Sftp
from payments.services import delivery
from payments.tests.standins.sftp_server import SftpServer

KEY = paramiko.RSAKey.generate(2048)


def pem(key):
    text = io.StringIO()
    key.write_private_key(text)
    return text.getvalue()


@pytest.fixture
def server(tmp_path):
    with SftpServer(tmp_path, KEY) as server:
        yield server


def place(server, **options):
    given = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": "flowlet",
        "private_key": pem(KEY),
        "host_key": server.host_key,
        "folder": "/",
        "seconds": 10.0,
    }
    return Sftp(**given | options)


def test_a_file_arrives_whole_and_once(server, tmp_path):
    content = bytes(range(256)) * 4000
    assert place(server).put(name="a.ach", content=content) == "sftp:a.ach"
    assert place(server).put(name="a.ach", content=content) == "sftp:a.ach"
    assert (tmp_path / "a.ach").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["a.ach"]


def test_another_file_of_the_name_is_refused_and_the_first_one_stays(server, tmp_path):
    place(server).put(name="a.ach", content=b"one")
    with pytest.raises(errors.FileDiffers):
        place(server).put(name="a.ach", content=b"two")
    assert (tmp_path / "a.ach").read_bytes() == b"one"


def test_a_part_that_was_left_behind_is_written_over(server, tmp_path):
    (tmp_path / ".a.ach.part").write_bytes(b"half of something longer than the file")
    place(server).put(name="a.ach", content=b"whole")
    assert (tmp_path / "a.ach").read_bytes() == b"whole"


def test_a_server_with_another_key_gets_nothing(server, tmp_path):
    other = paramiko.RSAKey.generate(2048)
    with pytest.raises(errors.DeliveryFailed, match="another key"):
        place(server, host_key=f"{other.get_name()} {other.get_base64()}").put(name="a.ach", content=b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_stranger_is_not_let_in(server, tmp_path):
    with pytest.raises(errors.DeliveryFailed):
        place(server, private_key=pem(paramiko.RSAKey.generate(2048))).put(name="a.ach", content=b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_away_is_told_as_such(server):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(errors.DeliveryFailed):
        place(server, port=port).put(name="a.ach", content=b"x")


def test_the_settings_say_where_a_rail_delivers(settings, server):
    class Batch:
        rail = "ach"

    assert type(delivery.place_of(Batch)).__name__ == "Folder"
    settings.PAYMENT_SFTP = {
        "ach": {
            "host": "127.0.0.1",
            "port": str(server.port),
            "user": "flowlet",
            "private_key": pem(KEY),
            "host_key": server.host_key,
            "folder": "/",
        }
    }
    assert delivery.place_of(Batch).put(name="b.ach", content=b"y") == "sftp:b.ach"

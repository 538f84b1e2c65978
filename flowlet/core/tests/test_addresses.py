"""The caller's address is what our own proxies saw."""

import pytest

from flowlet.core.addresses import client_ip


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (0, None, "10.0.0.1"),
        (1, "6.6.6.6", "6.6.6.6"),
        (1, "1.1.1.1, 6.6.6.6", "6.6.6.6"),
        (2, "1.1.1.1, 6.6.6.6, 7.7.7.7", "6.6.6.6"),
        (2, "6.6.6.6", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "1.1.1.1, ", "10.0.0.1"),
        (1, "x" * 500, "x" * 45),
    ],
)
def test_entries_beyond_our_proxies_are_never_believed(proxies, forwarded, expected):
    meta = {"REMOTE_ADDR": "10.0.0.1"} | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {})
    assert client_ip(meta, trusted_proxies=proxies) == expected

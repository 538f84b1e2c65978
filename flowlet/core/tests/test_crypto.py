"""Sealing, keyed indexes and the keyring."""

import base64
import hashlib
import hmac

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from flowlet.core import crypto

K1 = base64.b64encode(b"1" * 32).decode()
K2 = base64.b64encode(b"2" * 32).decode()


@pytest.fixture(autouse=True)
def keyring(settings):
    settings.ENCRYPTION_KEYS = f"k1:{K1}"
    settings.BLIND_INDEX_KEY = K2
    settings.API_KEY_PEPPER = K1


@given(plain=st.binary(max_size=300), aad=st.text(max_size=40))
def test_what_was_sealed_opens_in_its_place(plain, aad):
    assert crypto.open_sealed(crypto.seal(plain, aad=aad), aad=aad) == plain


def test_the_same_text_never_seals_to_the_same_token():
    assert crypto.seal(b"Ada", aad="a") != crypto.seal(b"Ada", aad="a")


def test_a_moved_token_does_not_open():
    token = crypto.seal(b"Ada", aad="customer.personal:1")
    with pytest.raises(crypto.CannotOpen):
        crypto.open_sealed(token, aad="customer.personal:2")


def test_no_byte_of_a_token_can_be_altered():
    token = crypto.seal(b"Ada Lovelace", aad="a")
    for position in range(len(token)):
        altered = bytearray(token)
        altered[position] ^= 1
        with pytest.raises(crypto.CannotOpen):
            crypto.open_sealed(bytes(altered), aad="a")


@given(junk=st.binary(max_size=60))
def test_junk_is_refused_as_no_token(junk):
    with pytest.raises(crypto.CannotOpen):
        crypto.open_sealed(junk, aad="a")


@pytest.mark.parametrize("length", range(32))
def test_a_cut_token_does_not_open(length):
    with pytest.raises(crypto.CannotOpen):
        crypto.open_sealed(crypto.seal(b"", aad="a")[:length], aad="a")


def test_an_older_key_still_opens_and_the_first_one_seals(settings):
    old = crypto.seal(b"Ada", aad="a")
    settings.ENCRYPTION_KEYS = f"k2:{K2},k1:{K1}"
    assert crypto.open_sealed(old, aad="a") == b"Ada"
    assert crypto.key_id_of(old) == "k1"
    assert crypto.key_id_of(crypto.seal(b"Ada", aad="a")) == "k2"


def test_a_token_of_a_key_that_left_the_keyring_names_that_key(settings):
    old = crypto.seal(b"Ada", aad="a")
    settings.ENCRYPTION_KEYS = f"k2:{K2}"
    with pytest.raises(crypto.CannotOpen, match="'k1'"):
        crypto.open_sealed(old, aad="a")


def test_a_token_does_not_open_under_another_key_with_the_same_id(settings):
    token = crypto.seal(b"Ada", aad="a")
    settings.ENCRYPTION_KEYS = f"k1:{K2}"
    with pytest.raises(crypto.CannotOpen):
        crypto.open_sealed(token, aad="a")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no key"),
        ("k1", "id:base64"),
        (f":{K1}", "id:base64"),
        (f"k 1:{K1}", "id:base64"),
        (f"k1:{K1},k1:{K2}", "stands twice"),
        ("k1:not base64", "not base64"),
        ("k1:" + base64.b64encode(b"short").decode(), "5 bytes"),
    ],
)
def test_a_malformed_keyring_stops_the_start_and_names_the_variable(settings, text, complaint):
    settings.ENCRYPTION_KEYS = text
    with pytest.raises(ImproperlyConfigured, match=f"FLOWLET_ENCRYPTION_KEYS.*{complaint}"):
        crypto.check_settings()


@pytest.mark.parametrize("name", ["BLIND_INDEX_KEY", "API_KEY_PEPPER"])
def test_a_malformed_secret_stops_the_start_and_names_the_variable(settings, name):
    setattr(settings, name, "c2hvcnQ=")
    with pytest.raises(ImproperlyConfigured, match=f"FLOWLET_{name}: a key has 5 bytes"):
        crypto.check_settings()


def test_a_blind_index_is_the_keyed_digest_of_purpose_and_value():
    expected = hmac.new(b"2" * 32, b"customer.email\x00ada@example.com", hashlib.sha256).hexdigest()[:32]
    assert crypto.blind_index("ada@example.com", purpose="customer.email") == expected


def test_a_blind_index_differs_by_purpose_and_by_key(settings):
    index = crypto.blind_index("ada", purpose="customer.email")
    assert crypto.blind_index("ada", purpose="customer.phone") != index
    settings.BLIND_INDEX_KEY = K1
    assert crypto.blind_index("ada", purpose="customer.email") != index


def test_the_digest_of_an_api_key_hangs_on_the_pepper(settings):
    digest = crypto.api_key_digest("fk_test_abc")
    assert digest == hmac.new(b"1" * 32, b"fk_test_abc", hashlib.sha256).digest()
    settings.API_KEY_PEPPER = K2
    assert crypto.api_key_digest("fk_test_abc") != digest


def test_a_box_opens_only_its_own_tokens_in_their_place():
    box = crypto.Box(crypto.new_key())
    token = box.seal(b"Ada", aad="a")
    assert box.open(token, aad="a") == b"Ada"
    for other, aad in [(box, "b"), (crypto.Box(crypto.new_key()), "a")]:
        with pytest.raises(crypto.CannotOpen):
            other.open(token, aad=aad)


def test_keys_never_show_in_a_repr():
    assert repr(crypto.Box(b"1" * 32)) == "<Box>"

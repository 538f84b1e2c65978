"""What a demo's visitor needs: ``var/demo.json``, and the words that ``bin/up`` prints.

``manage.py seed_demo --credentials PATH`` writes what it made to PATH (mode 0600)::

    {"users": [{"email": …, "password": …, "totp_secret": base32, "name": …, "role": …}],
     "partners": [{"name": …, "live": {"id": …, "api_key": …}, "sandbox": {"id": …, "api_key": …}}]}

``bin/up`` adds the address and keeps the result as ``var/demo.json`` in the clone (and ``demo.json`` in the home).
"""

import base64
import hmac
import json
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def one_time_code(secret: str, *, at: float | None = None) -> str:
    """The TOTP code of a base32 secret (RFC 6238: SHA-1, 30 s, six digits)."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    counter = struct.pack(">Q", int(time.time() if at is None else at) // 30)
    digest = hmac.digest(key, counter, "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def read_credentials(path: Path) -> dict[str, Any]:
    """What the seed wrote; nothing if it has not."""
    try:
        return dict(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only we can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    draft.rename(path)


def card(base_url: str, credentials: dict[str, Any]) -> dict[str, Any]:
    """The content of ``demo.json``."""
    return {"base_url": base_url, "admin_url": f"{base_url}/admin/", **credentials}


def welcome(content: dict[str, Any]) -> Iterator[str]:
    """The lines to print when everything runs."""
    yield ""
    yield f"Flowlet runs at {content['base_url']}  (back office: {content['admin_url']})"
    users = content.get("users", [])
    if users:
        width = max(len(user["email"]) for user in users)
        yield ""
        yield "Sign in with (the one-time code changes every 30 seconds; add the secret to an authenticator app):"
        for user in users:
            code, role = one_time_code(user["totp_secret"]), user.get("role", "")
            yield f"  {user['email']:<{width}}  {user['password']}  code {code}  secret {user['totp_secret']}  {role}"
    for partner in content.get("partners", []):
        yield ""
        yield f"Partner {partner['name']}"
        for mode in ("live", "sandbox"):
            if mode in partner:
                yield f"  {mode:<8} key {partner[mode]['api_key']}"
    yield ""

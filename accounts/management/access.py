"""Show a new access on the terminal, the one time it can be shown."""

import json
from typing import Any

from accounts.services.staff import Access


def show(out: Any, access: Access, *, as_json: bool) -> None:
    """Write all of it to ``out``."""
    if as_json:
        found = {
            "id": access.user.public_id,
            "email": access.user.email,
            "roles": list(access.user.roles),
            "password": access.password,
            "totp_secret": access.totp_secret,
            "totp_uri": access.totp_uri,
            "backup_codes": list(access.backup_codes),
        }
        out.write(json.dumps(found))
        return
    out.write(f"{access.user.public_id}  {access.user.email}  {access.user.role}")
    out.write(f"  password       {access.password}")
    out.write(f"  authenticator  {access.totp_secret}")
    out.write(f"                 {access.totp_uri}")
    out.write(f"  backup codes   {' '.join(access.backup_codes)}")
    out.write("This is the only time they are shown.")

"""The password hash: argon2id with 46 MiB, one pass, one lane (OWASP Password Storage Cheat Sheet's first profile).

Django's own parameters cost four times the CPU and 100 MiB a login without being asked for by anybody.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """argon2id, m=47104 KiB, t=1, p=1; hashes made with other parameters are renewed at the next login."""

    memory_cost = 47_104
    time_cost = 1
    parallelism = 1

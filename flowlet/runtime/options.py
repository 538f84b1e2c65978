"""The command line of ``bin/up``; standard library only, so that ``--help`` answers before anything is installed."""

import argparse
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    """What ``bin/up`` understands."""
    found = argparse.ArgumentParser(
        prog="bin/up",
        description="Start Flowlet with demo data: PostgreSQL, Valkey, web, worker and beat. Ctrl-C (or SIGTERM) stops it.",
        epilog="DATABASE_URL (with DATABASE_OWNER_URL) and REDIS_URL, if set, name servers of your own.",
    )
    found.add_argument("--port", type=int, default=8000, help="TCP port of the web server (default: 8000)")
    found.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine only)")
    found.add_argument("--data", type=Path, metavar="DIR", help="where data and secrets live (default: one folder per clone)")
    found.add_argument("--no-demo", action="store_true", help="leave an empty database empty: no demo data")
    return found

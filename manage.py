#!/usr/bin/env python
"""Django's command line. ``migrate`` connects as the owner of the schema, everything else as the application."""

import gc
import os
import sys

OWNER_COMMANDS = {"migrate", "sqlmigrate"}


def main() -> None:
    """Run one management command. What an operator can put right is said in one line, not in a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowlet.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("FLOWLET_DATABASE_ROLE", "owner")
        gc.set_threshold(
            100_000, 50, 1000
        )  # migrations draw every model anew at each step: a third of the time went into the collector
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"{problem}")
    except OperationalError as problem:
        sys.exit(f"The database does not answer, or not in time: {str(problem).strip()}")
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()

"""A contract for import-linter: an app's private rooms are entered by that app alone.

Only direct imports count: who calls a service may well reach, through it, what lies behind. Its own contract type, because the
linter's ``forbidden`` wants every module named and to exist, and so would miss the room that somebody adds tomorrow.
"""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PrivateRooms(Contract):
    """``rooms`` are names inside an app (``tasks``, ``api.views``); apps are root packages, and the packages inside ``flowlet``."""

    type_name = "private_rooms"

    apps_in = fields.ListField(subfield=fields.StringField())
    rooms = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find every direct import into another app's private room."""
        entered = []
        for room in sorted(module for module in graph.modules if self._is_private(module)):
            for importer in sorted(graph.find_modules_that_directly_import(room)):
                if app_of(importer) != app_of(room) and ".tests." not in f"{importer}.":
                    lines = [found["line_number"] for found in graph.get_import_details(importer=importer, imported=room)]
                    entered.append((importer, room, lines))
        return ContractCheck(kept=not entered, metadata={"entered": entered})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say who enters what, and where."""
        for importer, room, lines in check.metadata["entered"]:
            places = ", ".join(f"l.{line}" for line in lines)
            output.print_error(f"{importer} enters {room} ({places})", bold=False)

    def _is_private(self, module: str) -> bool:
        app = app_of(module)
        if app.partition(".")[0] not in self.apps_in:  # type: ignore[operator]
            return False
        inside = module.removeprefix(app).removeprefix(".")
        return any(f"{inside}.".startswith(f"{room}.") for room in self.rooms)  # type: ignore[attr-defined]


def app_of(module: str) -> str:
    """``flowlet.audit`` of ``flowlet.audit.tasks``, ``ledger`` of ``ledger.services.journals``."""
    first, _, rest = module.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if first == "flowlet" and rest else first

"""seal_ledger: chain what is finished into blocks."""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from ledger.services import seals


class Command(BaseCommand):
    """Seals all journals of finished transactions and prints the newest head; can be interrupted and run again."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(total=seals.unsealed(), unit=" journals", desc="Sealing", disable=None) as bar:
            sealed = seals.seal(progress=bar.update)
        self.stdout.write(f"{sealed} journals sealed, {seals.unsealed()} not finished yet.")
        head = seals.head()
        if head:
            self.stdout.write(f"Head: block {head.number}, {head.hash}")

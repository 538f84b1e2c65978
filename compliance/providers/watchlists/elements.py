"""What the readers of XML lists share: the repeated elements of a file one by one, and an account of what else stood in it."""

from collections.abc import Collection, Iterator

from lxml import etree

from compliance.providers.watchlists.reading import Account, SourceFile, UnreadableList, printable
from flowlet.core import xml
from flowlet.core.errors import DomainError


class Elements:
    """The elements named ``tags``, each counted as a row, in the file's order. ``root`` is known once the first one has come.

    Each is good until the next is asked for. What stands beside them in the containers ``around`` and is neither is refused as a row
    of its own: a publisher's new kind of entry must not be overlooked. Raises UnreadableList for a file that is not XML, or has
    another root than ``root_name``, or none of ``tags``.
    """

    def __init__(
        self, file: SourceFile, account: Account, *, root_name: str, tags: Collection[str], around: Collection[str] = ()
    ):
        self.file, self.account = file, account
        self.root_name, self.tags, self.around = root_name, frozenset(tags), frozenset(around)
        self.root: etree._Element | None = None

    def __iter__(self) -> Iterator[etree._Element]:
        try:
            for element in xml.stream(self.file.content, tags=self.tags):
                if self.root is None:
                    self.root = element.getroottree().getroot()
                    self._check_root()
                self.account.row(self.file)
                yield element
        except DomainError as refusal:
            if isinstance(refusal, UnreadableList):
                raise
            raise UnreadableList(f"{self.file.name}: {refusal.message}", file=self.file.name, cause=refusal.code) from None
        if self.root is None:
            names = " or ".join(sorted(self.tags))
            raise UnreadableList(f"{self.file.name} has no {names} in it.", file=self.file.name)
        self._refuse_others(self.root)

    def refuse(self, element: etree._Element, reason: str) -> None:
        """The element is not taken."""
        excerpt = " ".join(text.strip() for text in element.itertext() if text.strip())
        self.account.refuse(self.file, element.sourceline or 0, reason, excerpt or str(dict(element.attrib)))

    def _check_root(self) -> None:
        found = xml.local(self.root)
        if found != self.root_name:
            raise UnreadableList(
                f"{self.file.name} begins with {printable(found)} instead of {self.root_name}.", file=self.file.name
            )

    def _refuse_others(self, parent: etree._Element) -> None:
        for element in parent:
            name = xml.local(element)
            if name in self.around:
                self._refuse_others(element)
            elif name not in self.tags:
                self.account.row(self.file)
                self.refuse(element, f"{printable(name)} is no kind of entry that is known")

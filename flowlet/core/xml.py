"""XML from outside: read without harm, and checked against the schemas that a message names.

``read`` gives a whole small document, ``stream`` the repeated elements of a large one, each forgotten when the next is asked for.
Neither knows document types, entities or the network; both refuse what is too large, too deep or not well formed, naming the line.
``text`` and ``name_of`` are for ISO 20022, whose elements stand in one namespace per message and version.

``schema`` finds the official schema of a message by its name (``pain.001.001.09``): in the folder ``FLOWLET_ISO20022_SCHEMAS``, else
in the package sepaxml, which carries some of pain.001 and pain.008. ``validate`` says what breaks it, or that there was none to
check against: an empty list of breaches is never taken for a check that did not happen.
"""

import re
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings
from lxml import etree

from flowlet.core.errors import Invalid

MEGABYTE: Final = 1024 * 1024
MOST: Final = 1000  # breaches told of one document
_CHUNK = 64 * 1024
# Encodings in which "<!DOCTYPE" is written with the bytes of ASCII, so that it can be looked for before the parser sees it.
_ENCODINGS = frozenset({b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"iso-8859-15", b"windows-1252"})
_DECLARED = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_FORBIDDEN = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_OVERLAP = 9
_MESSAGE = re.compile(r"[a-z]{4}\.\d{3}\.\d{3}\.\d{2}", re.ASCII)
_BEFORE = etree.XPath("count(preceding-sibling::*[local-name() = $name])")
_AFTER = etree.XPath("boolean(following-sibling::*[local-name() = $name])")
_RESOURCE_LIMIT = 114  # libxml2's XML_ERR_RESOURCE_LIMIT


class MalformedXml(Invalid):
    """Not well-formed XML. ``details`` names the line."""

    code, title = "xml.malformed", "The document is not well-formed XML"


class UnsafeXml(Invalid):
    """A document type, an entity, or an encoding in which those cannot be seen."""

    code, title = "xml.unsafe", "The document has parts that are not accepted"


class XmlTooLarge(Invalid):
    """The document, one of its elements or one of its texts is larger than accepted."""

    code, title = "xml.too_large", "The document is too large"


class XmlTooDeep(Invalid):
    """Elements stand deeper in one another than accepted."""

    code, title = "xml.too_deep", "The document is nested too deeply"


@dataclass(frozen=True)
class Limits:
    """What is accepted: ``size`` of the document and ``element`` between two streamed elements, in bytes; ``depth`` of nesting.

    A single text is at most 10,000,000 bytes (libxml2's limit).
    """

    size: int = 64 * MEGABYTE
    depth: int = 40
    element: int = 32 * MEGABYTE


WHOLE: Final = Limits()
STREAMED: Final = Limits(size=1024 * MEGABYTE)


@dataclass(frozen=True)
class Breach:
    """One thing that breaks a rule: where (line and path) and what.

    Lines are exact up to 65,535; beyond, an element without a text of its own has the line of the next text (libxml2 counts so).
    """

    line: int
    path: str
    message: str


@dataclass(frozen=True)
class Validation:
    """What a check against a schema found. ``schema`` is empty where none was at hand: then nothing was checked."""

    schema: str
    breaches: tuple[Breach, ...] = ()

    @property
    def is_checked(self) -> bool:
        """Whether there was a schema."""
        return bool(self.schema)

    @property
    def is_valid(self) -> bool:
        """Whether there was a schema and nothing breaks it."""
        return self.is_checked and not self.breaches


def read(content: bytes, *, limits: Limits = WHOLE) -> etree._Element:
    """The root of a whole document. Raises MalformedXml, UnsafeXml, XmlTooLarge, XmlTooDeep."""
    _check_size(len(content), limits)
    _check_start(content[:_CHUNK])
    _check_no_types(content, first_line=1)
    try:
        # White space between elements is half of the nodes of an indented document.
        root = etree.fromstring(content, etree.XMLParser(remove_blank_text=True, **_SAFE))
    except etree.XMLSyntaxError as error:
        raise _refusal(error) from None
    _check_depth(root, limits)
    return root


def stream(source: bytes | BinaryIO, *, tags: Collection[str], limits: Limits = STREAMED) -> Iterator[etree._Element]:
    """The elements named ``tags`` (local names, any namespace), each as soon as it is complete.

    An element is complete with its children, its ancestors hold what came before it, and both are good only until the next one is
    asked for: then the element is emptied and taken out, so that memory does not grow with the number of elements. An element inside
    another of ``tags`` comes first and is gone from the outer one. Raises as ``read`` does, in the midst of the iteration.
    """
    file = BytesIO(source) if isinstance(source, bytes) else source
    parser = etree.XMLPullParser(events=("end",), tag=[f"{{*}}{tag}" for tag in tags], **_SAFE)
    events = parser.read_events()
    size, since, line, tail = 0, 0, 1, b""
    done: etree._Element | None = None
    while chunk := file.read(_CHUNK):
        if not size:
            _check_start(chunk)
        size, since = size + len(chunk), since + len(chunk)
        _check_size(size, limits)
        _check_no_types(tail + chunk, first_line=line)
        line, tail = line + (tail + chunk)[:-_OVERLAP].count(b"\n"), chunk[-_OVERLAP:]
        try:
            parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            raise _refusal(error) from None
        for _, element in events:
            # Taken out only now: the parser is past the text that follows it.
            _take_out(done)
            _check_depth(element, limits)
            yield element
            element.clear(keep_tail=True)
            done, since = element, 0
        if since > limits.element:
            raise XmlTooLarge(f"Near line {line}: more than {limits.element} bytes without a complete element.", line=line)
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _refusal(error) from None


def name_of(element: etree._Element) -> str:
    """The message whose namespace the element stands in, such as ``camt.053.001.08``; empty without a namespace."""
    return (etree.QName(element).namespace or "").rsplit(":", 1)[-1]


def local(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def text(element: etree._Element, path: str) -> str:
    """The text at a path of local names below the element (``Acct/Id/IBAN``), stripped; empty where there is none."""
    return (element.findtext(_qualified(etree.QName(element).namespace or "", path)) or "").strip()


def first(element: etree._Element, path: str) -> etree._Element | None:
    """The first element at a path of local names below the element."""
    return element.find(_qualified(etree.QName(element).namespace or "", path))


def every(element: etree._Element, path: str) -> list[etree._Element]:
    """All elements at a path of local names below the element."""
    return element.findall(_qualified(etree.QName(element).namespace or "", path))


def path_of(element: etree._Element) -> str:
    """Where the element stands: local names from the root, numbered among those of the same name (``/Document/PmtInf[2]/Dbtr``)."""
    steps = []
    for step in (element, *element.iterancestors()):
        name = local(step)
        before = int(_BEFORE(step, name=name))
        steps.append(f"{name}[{before + 1}]" if before or _AFTER(step, name=name) else name)
    return "/" + "/".join(reversed(steps))


class Schema:
    """An XML schema that several threads may use."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path
        self._schema = etree.XMLSchema(etree.parse(path, etree.XMLParser(**_SAFE)))
        self._lock = threading.Lock()  # the list of errors belongs to the schema, not to the call

    def breaches(self, root: etree._Element) -> tuple[Breach, ...]:
        """What breaks the schema, in the document's order, at most ``MOST`` of them."""
        with self._lock:
            if self._schema.validate(root):
                return ()
            found = [(error.line, error.path or "/*", error.message) for error in self._schema.error_log]
        tree, namespace = root.getroottree(), f"{{{etree.QName(root).namespace}}}"
        prefixes = {prefix: uri for element in root.iter(etree.Element) for prefix, uri in element.nsmap.items() if prefix}
        return tuple(
            Breach(line, path_of(tree.xpath(path, namespaces=prefixes)[0]), message.replace(namespace, ""))
            for line, path, message in found[:MOST]
        )


def schema(name: str) -> Schema | None:
    """The schema of the message named so (``pain.001.001.09``), or None where none is at hand."""
    if not _MESSAGE.fullmatch(name):
        return None
    return _schema(name, str(settings.ISO20022_SCHEMAS))


def validate(content: bytes | etree._Element, *, name: str) -> Validation:
    """Check a document, or an element that was read, against the schema of the message ``name``. Raises as ``read`` does."""
    root = read(content) if isinstance(content, bytes) else content
    found = schema(name)
    return Validation(found.name, found.breaches(root)) if found else Validation("")


# libxml2 refuses more than 256 levels and texts of 10 MB by itself as long as huge_tree is off.
_SAFE = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


@lru_cache(maxsize=64)
def _schema(name: str, folder: str) -> Schema | None:
    places = [Path(folder)] if folder else []
    package = find_spec("sepaxml")  # its files only; its code is not imported
    if package and package.origin:
        places.append(Path(package.origin).parent / "schemas")
    for place in places:
        path = place / f"{name}.xsd"
        if path.is_file():
            return Schema(name, path)
    return None


@lru_cache(maxsize=1024)
def _qualified(namespace: str, path: str) -> str:
    return "/".join(f"{{{namespace}}}{step}" for step in path.split("/")) if namespace else path


@lru_cache(maxsize=64)
def _deeper_than(depth: int) -> etree.XPath:
    return etree.XPath("boolean(" + "/".join(["*"] * depth) + ")")


def _take_out(element: etree._Element | None) -> None:
    if element is not None and (parent := element.getparent()) is not None:
        parent.remove(element)


def _check_size(size: int, limits: Limits) -> None:
    if size > limits.size:
        raise XmlTooLarge(f"The document has more than {limits.size} bytes.")


def _check_start(start: bytes) -> None:
    start = start.removeprefix(b"\xef\xbb\xbf")
    if start.lstrip(b" \t\r\n")[:1] != b"<" or b"\x00" in start[:4]:
        raise MalformedXml("Line 1: the document does not begin with an element in UTF-8.", line=1)
    if start.startswith(b"<?xml"):
        declaration, ended, _ = start[:1024].partition(b"?>")
        declared = _DECLARED.search(declaration)
        if not ended or (declared and declared[1].lower() not in _ENCODINGS):
            raise UnsafeXml("Line 1: write the document in UTF-8.", line=1)


def _check_no_types(content: bytes, *, first_line: int) -> None:
    if found := _FORBIDDEN.search(content):
        line = first_line + content.count(b"\n", 0, found.start())
        raise UnsafeXml(f"Line {line}: document types and entities are not accepted.", line=line)


def _check_depth(element: etree._Element, limits: Limits) -> None:
    left = limits.depth - sum(1 for _ in element.iterancestors())
    if left < 1 or _deeper_than(left)(element):
        line = element.sourceline or 0
        raise XmlTooDeep(f"Line {line}: more than {limits.depth} levels.", line=line)


def _refusal(error: etree.XMLSyntaxError) -> Invalid:
    line, reason = error.lineno or 0, (error.msg or "").split(", line ")[0].strip()
    if error.code == _RESOURCE_LIMIT:
        kind = XmlTooDeep if "depth" in reason else XmlTooLarge
        return kind(f"Line {line}: {kind.title[0].lower()}{kind.title[1:]}.", line=line)
    return MalformedXml(f"Line {line}: {reason}.", line=line)

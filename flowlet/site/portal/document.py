"""The OpenAPI document of this installation, made once per process."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import orjson
from drf_spectacular.generators import SchemaGenerator


@dataclass(frozen=True, slots=True)
class Document:
    """The document as JSON, and a tag that changes with it."""

    content: bytes
    etag: str


@lru_cache(maxsize=1)
def document() -> Document:
    """The OpenAPI 3.1 document of everything under /v1."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    content = orjson.dumps(schema, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Document(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')

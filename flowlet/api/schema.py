"""The OpenAPI document, made from the ``@endpoint`` declarations.

``PartnerSchema`` builds one operation; the extensions say how the toolkit's fields look. Every operation carries the refusals
of the door (which depend on its method, path, query and body) beside those it declares.
"""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, force_instance

from flowlet.api import errors, problems
from flowlet.api.endpoints import Endpoint, example_id
from flowlet.api.fields import ID_BODY, CurrencyField, MetadataField, MoneySerializerField, PublicIdField
from flowlet.api.serializers import Filters, StrictSerializer
from flowlet.api.uploads import Upload
from flowlet.core.errors import DomainError, Invalid, NotFound

PROBLEM = problems.CONTENT_TYPE
REQUEST_ID = "req_example"
AMOUNT = r"(0|[1-9][0-9]{0,15})(\.[0-9]{1,4})?"
HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "Names this request in the logs; quote it when you ask for help",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {"description": "How many requests in how many seconds", "schema": {"type": "string"}},
    "RateLimit": {"description": "How many requests are left, and when all are restored", "schema": {"type": "string"}},
}
REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true` when this is the stored answer to an earlier request with the same key",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Your own name for this intent: a repetition gets the first answer, and nothing happens twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "7f3c1f0e-6a0b-4c55-9f0e-2f6a5a1f9d11",
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Problem details (RFC 9457). `code` is stable and meant for programs; `detail` is meant for people.",
    "required": ["type", "title", "status", "detail", "instance", "code", "param", "request_id", "doc_url", "details", "errors"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The kind of problem, as an address that explains it"},
        "title": {"type": "string", "description": "The kind of problem in words"},
        "status": {"type": "integer", "description": "The HTTP status"},
        "detail": {"type": "string", "description": "What is wrong with this request"},
        "instance": {"type": "string", "description": "This occurrence"},
        "code": {"type": "string", "description": "The stable code; the error catalogue explains each"},
        "param": {
            "type": "string",
            "description": "The field, parameter or header at fault, such as `legs[1].amount.currency`; may be empty",
        },
        "request_id": {"type": "string", "description": "The X-Request-Id of this request"},
        "doc_url": {"type": "string", "format": "uri", "description": "Where the code is explained"},
        "details": {"type": "object", "additionalProperties": True, "description": "Figures and states that belong to the code"},
        "errors": {
            "type": "array",
            "description": "Every single fault of a request that has the wrong form",
            "items": {
                "type": "object",
                "required": ["code", "param", "detail"],
                "additionalProperties": False,
                "properties": {"code": {"type": "string"}, "param": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}

# What every operation refuses, and what one with a body refuses beside it.
AT_THE_DOOR: tuple[type[DomainError], ...] = (
    Invalid, errors.MissingKey, errors.InvalidKey, errors.ExpiredKey, errors.AddressNotAllowed, errors.PartnerNotActive,
    errors.MissingScope, errors.RateLimited, errors.NotAcceptable, errors.UnknownParameter, errors.RepeatedParameter,
    errors.ForbiddenCharacter, errors.ServerFault, errors.ServerBusy,
)  # fmt: skip
OF_A_BODY: tuple[type[DomainError], ...] = (
    errors.MalformedJson, errors.DuplicateField, errors.UnsupportedMediaType, errors.TooLarge, errors.LengthRequired,
)  # fmt: skip
# The answers that most operations share, by the refusals in them: each stands once in the document, under the name given here.
SHARED: dict[frozenset[type[DomainError]], str] = {
    frozenset(error for error in refusals if error.status == status): f"Refused{status}"
    for refusals, statuses in ((AT_THE_DOOR, (400, 401, 403, 406, 429, 500, 503)), (OF_A_BODY, (411, 413, 415)))
    for status in statuses
}


def money_schema(*, positive: bool) -> dict[str, Any]:
    """The schema of an amount."""
    return {
        "type": "object",
        "description": "An exact amount: a decimal in a string, with no more decimals than the currency has",
        "required": ["amount", "currency"],
        "additionalProperties": False,
        "properties": {
            "amount": {"type": "string", "pattern": f"^{'' if positive else '-?'}{AMOUNT}$", "example": "12.50"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "USD", "description": "ISO 4217"},
        },
    }


def id_schema(prefix: str) -> dict[str, Any]:
    """The schema of a public id."""
    return {"type": "string", "pattern": f"^{prefix}_{ID_BODY}$", "example": example_id(prefix)}


class MoneyExtension(OpenApiSerializerFieldExtension):
    """Money is one component, PositiveMoney another."""

    target_class = MoneySerializerField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """A reference to the component."""
        positive = self.target.positive
        name = "PositiveMoney" if positive else "Money"
        return _component(auto_schema, name, money_schema(positive=positive))


class PublicIdExtension(OpenApiSerializerFieldExtension):
    """Ids show their prefix."""

    target_class = PublicIdField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The pattern."""
        return id_schema(self.target.prefix)


class CurrencyExtension(OpenApiSerializerFieldExtension):
    """Currencies are ISO 4217 codes."""

    target_class = CurrencyField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The pattern."""
        return {"type": "string", "pattern": "^[A-Z]{3}$", "example": "USD", "description": "ISO 4217"}


class MetadataExtension(OpenApiSerializerFieldExtension):
    """Metadata is an object of texts."""

    target_class = MetadataField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The limits."""
        return {
            "type": "object",
            "maxProperties": MetadataField.MAX_NAMES,
            "propertyNames": {"minLength": 1, "maxLength": MetadataField.MAX_NAME, "pattern": r"^[^\[\]]+$"},
            "additionalProperties": {"type": "string", "maxLength": MetadataField.MAX_VALUE},
            "example": {"order": "A-1001"},
        }


def _component(auto_schema: Any, name: str, content: dict[str, Any], kind: str = ResolvedComponent.SCHEMA) -> dict[str, Any]:
    """Write the content once under ``components`` and return the reference to it."""
    component = ResolvedComponent(name=name, type=kind, object=name, schema=content)
    auto_schema.registry.register_on_missing(component)
    return component.ref


def _app(cls: type) -> str:
    first, _, rest = cls.__module__.partition(".")
    return rest.partition(".")[0] if first == "flowlet" else first


def _namesakes(cls: type) -> bool:
    """Whether another app has a serializer of the same name."""
    pending, found = [StrictSerializer], False
    while pending:
        other = pending.pop()
        found = found or (other.__name__ == cls.__name__ and _app(other) != _app(cls))
        pending.extend(other.__subclasses__())
    return found


class PartnerSchema(AutoSchema):
    """Builds the operation of one method of a ``PartnerView``."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> dict[str, Any] | None:
        """The operation object."""
        self.registry, self.path, self.path_regex, self.path_prefix, self.method = registry, path, path_regex, path_prefix, method
        endpoint: Endpoint | None = self.view.endpoints.get(method)
        if endpoint is None:
            return None
        scope = self.view.required_scopes[method]
        operation: dict[str, Any] = {
            "operationId": "_".join("".join(c if c.isalnum() else " " for c in endpoint.summary.lower()).split()),
            "summary": endpoint.summary,
            "description": f"{endpoint.description}\n\nScope: {f'`{scope}`' if scope else 'none'}".strip(),
            "tags": [self.view.tag or path.removeprefix("/v1/").split("/")[0].replace("_", " ").replace("-", " ").capitalize()],
            "parameters": [*self._path(endpoint), *self._query(endpoint), *([IDEMPOTENCY_KEY] if method == "POST" else [])],
            "security": [{"ApiKey": []}],
            "responses": {str(endpoint.status): self._success(endpoint), **self._problems(endpoint)},
            "x-scope": scope,
        }
        if endpoint.body is not None:
            content: dict[str, Any] = {"schema": self._ref(endpoint.body, "request")}
            if endpoint.body_example is not None:
                content["example"] = endpoint.body_example
            kind = "application/json"
            if endpoint.upload is not None:
                kind, content = "multipart/form-data", self._multipart(endpoint, endpoint.upload, content)
            operation["requestBody"] = {"required": True, "content": {kind: content}}
        return operation

    def _multipart(self, endpoint: Endpoint, upload: Upload, content: dict[str, Any]) -> dict[str, Any]:
        """The fields of the body and the file, in one form."""
        schema = self._map_basic_serializer(force_instance(endpoint.body), "request")
        schema["properties"][upload.name] = {"type": "string", "format": "binary", "description": upload.description}
        schema["required"] = [*schema.get("required", ()), upload.name]
        return {**content, "schema": schema, "encoding": {upload.name: {"contentType": ", ".join(upload.types)}}}

    def _ref(self, serializer: Any, direction: str) -> dict[str, Any]:
        return self.resolve_serializer(force_instance(serializer), direction).ref

    def get_serializer_name(self, serializer: Any, direction: str) -> str:
        """The class's name; two apps' classes of one name carry their app's."""
        cls = type(serializer)
        if isinstance(serializer, StrictSerializer) and _namesakes(cls):
            return f"{_app(cls).capitalize()}{cls.__name__}"
        return cls.__name__

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema

    def _path(self, endpoint: Endpoint) -> list[dict[str, Any]]:
        names = [part.strip("{}") for part in self.path.split("/") if part.startswith("{")]
        found = []
        for name in names:
            prefix = self.view.path_ids.get(name)
            schema = id_schema(prefix) if prefix else {"type": "string"}
            schema.pop("example", None)
            parameter = {"name": name, "in": "path", "required": True, "schema": schema}
            if example := endpoint.path_example.get(name) or (example_id(prefix) if prefix else None):
                parameter["example"] = example
            found.append(parameter)
        return found

    def _query(self, endpoint: Endpoint) -> list[dict[str, Any]]:
        if endpoint.query is None:
            return []
        found = []
        for name, field in endpoint.query().fields.items():
            deep = isinstance(field, Filters | MetadataField)
            schema = (
                self._map_basic_serializer(field, "request")
                if isinstance(field, Filters)
                else self._map_serializer_field(field, "request")
            )
            schema = dict(schema)
            description = schema.pop("description", "")
            schema.pop("example", None)
            parameter: dict[str, Any] = {"name": name, "in": "query", "required": field.required, "schema": schema}
            if description:
                parameter["description"] = description
            if deep:
                parameter |= {"style": "deepObject", "explode": True}
            if name in endpoint.query_example:
                parameter["example"] = endpoint.query_example[name]
            found.append(parameter)
        return found

    def _success(self, endpoint: Endpoint) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "description": "Done",
            "headers": self._headers(HEADERS | (REPLAYED if self.method == "POST" else {})),
        }
        content: dict[str, Any] = {}
        for kind in endpoint.produces:
            if kind == "application/json" and endpoint.response is not None:
                content[kind] = {"schema": self._ref(endpoint.response, "response")}
                if endpoint.example is not None:
                    content[kind]["example"] = endpoint.example
            elif kind != "application/json":
                content[kind] = {"schema": {"type": "string", "format": "binary"}}
        if content:
            answer["content"] = content
        return answer

    def refusals(self, endpoint: Endpoint) -> list[type[DomainError]]:
        """Every refusal that the operation can give."""
        found = [*AT_THE_DOOR]
        if "{" in self.path:
            found.append(NotFound)
        for form in filter(None, (endpoint.query, endpoint.body)):
            found += [error for error in dict.fromkeys(_refusals_of(form())) if error not in found]
        if endpoint.query is not None and "starting_after" in endpoint.query().fields:
            found.append(errors.MalformedCursor)
        if endpoint.upload is not None:
            found += [errors.MalformedParts, errors.FileMissing]
        if self.method in {"POST", "PUT", "PATCH"}:
            found += OF_A_BODY
        if self.method == "POST":
            found += [
                errors.IdempotencyKeyMissing, errors.IdempotencyKeyMalformed, errors.IdempotencyKeyReused,
                errors.IdempotencyInFlight,
            ]  # fmt: skip
        return [*found, *(error for error in endpoint.errors if error not in found)]

    def _problems(self, endpoint: Endpoint) -> dict[str, Any]:
        reference = _component(self, "Problem", PROBLEM_SCHEMA)
        by_status: dict[int, list[type[DomainError]]] = {}
        for error in self.refusals(endpoint):
            by_status.setdefault(error.status, []).append(error)
        return {str(status): self._problem(reference, by_status[status]) for status in sorted(by_status)}

    def _headers(self, headers: dict[str, Any]) -> dict[str, Any]:
        return {name: _component(self, name, header, ResolvedComponent.HEADER) for name, header in headers.items()}

    def _problem(self, reference: dict[str, Any], refusals: list[type[DomainError]]) -> dict[str, Any]:
        """The answer to all refusals of one status. What each looks like stands once, under ``components``: most operations share it."""
        examples = {
            error.code: _component(
                self,
                error.code,
                {"summary": error.title, "value": problems.body_of(error(), request_id=REQUEST_ID)},
                ResolvedComponent.EXAMPLE,
            )
            for error in refusals
        }
        headers = self._headers({"X-Request-Id": HEADERS["X-Request-Id"]})
        if refusals[0].status in {409, 429, 503}:
            headers |= self._headers(RETRY_AFTER)
        answer = {
            "description": "; ".join(dict.fromkeys(error.title for error in refusals)),
            "headers": headers,
            "content": {PROBLEM: {"schema": reference, "examples": examples}},
        }
        shared = SHARED.get(frozenset(refusals))
        return _component(self, shared, answer, ResolvedComponent.RESPONSE) if shared else answer


def _refusals_of(field: Any) -> list[type[DomainError]]:
    """What the fields of a form refuse by a code of their own, however deep they stand."""
    inner = [*getattr(field, "fields", {}).values(), *filter(None, (getattr(field, "child", None),))]
    return [*getattr(field, "refusals", ()), *(error for one in inner for error in _refusals_of(one))]

"""Settings of the partner API and its OpenAPI document."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Flowlet API",
    "VERSION": "1.0.0",
    "DESCRIPTION": (
        "Wallets, transfers and books for your own product. Amounts are exact decimals in strings, every POST is idempotent, "
        "every refusal has a stable code. The guide shows the first transfer in ten minutes."
    ),
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SORT_OPERATIONS": True,
    # Choices stay with their fields: components made of them would be named by guessing, and renamed by the next app.
    "POSTPROCESSING_HOOKS": [],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "CustomerKind": "accounts.choices.CustomerKind",
        "CustomerStatus": "accounts.choices.CustomerStatus",
        "FreezeOrigin": "accounts.choices.FreezeOrigin",
        "KycTier": "accounts.choices.KycTier",
        "PartnerMode": "accounts.choices.Mode",
        "PartnerStatus": "accounts.choices.PartnerStatus",
        "Scope": "accounts.choices.Scope",
        "WalletStatus": "wallets.choices.WalletStatus",
        "HoldStatus": "wallets.choices.HoldStatus",
        "TransferKind": "wallets.choices.TransferKind",
        "TransferStatus": "wallets.choices.TransferStatus",
        "TransactionType": "wallets.choices.TransactionType",
        "Direction": "wallets.choices.Direction",
        "PaymentKind": "payments.choices.PaymentKind",
        "PaymentStatus": "payments.choices.PaymentStatus",
        "PaymentDirection": "payments.choices.Direction",
        "PaymentBatchStatus": "payments.choices.BatchStatus",
        "RecallState": "payments.choices.RecallState",
        "RecallReason": "payments.choices.RecallReason",
        "DisputeState": "payments.choices.DisputeState",
        "RecurringStatus": "payments.choices.RecurringStatus",
        "DepositInstructionStatus": "payments.choices.DepositInstructionStatus",
        "Rail": "payments.choices.Rail",
    },
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "ApiKey": {"type": "http", "scheme": "bearer", "description": "`fk_live_…` or `fk_test_…`"},
        }
    },
    "SERVERS": [{"url": "/", "description": "This installation"}],
}

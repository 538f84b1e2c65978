"""App configuration."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Records of deeds and the chain of blocks over them: both can only grow."""

    name = "flowlet.audit"
    label = "flowlet_audit"
    verbose_name = "Audit"
    append_only = ("flowlet_audit_record", "flowlet_audit_block")

"""Refusals of files, to and from banks, and of business days."""

from flowlet.core.errors import Conflict, DomainError, Invalid, NotFound


class BatchNotFound(NotFound):
    """There is no such batch."""

    code, title = "payments.batch_not_found", "There is no such batch"


class FileDiffers(Conflict):
    """The file built again is not the file that was built: something that it is made of has changed."""

    code, title = "payments.file_differs", "The file differs from the one that was built"


class DeliveryFailed(DomainError):
    """The bank's place for files could not be reached. The batch stays released, and delivery can be tried again."""

    code, title, status = "payments.delivery_failed", "The file could not be delivered", 503


class FileMissing(Conflict):
    """No file was built for the batch, or its rail has none."""

    code, title = "payments.file_missing", "There is no file"


class FileDeleted(DomainError):
    """No law wanted it kept any more: what the file or message said is gone for good. Its figures and its digest stay."""

    code, status, title = "payments.file_deleted", 410, "What the file said was deleted"


class InboundFileKnown(Conflict):
    """The file was taken already; `details` name it. What it left over is tried again under that id."""

    code, title = "payments.inbound_file_known", "The file was taken already"


class InboundFileUnreadable(Invalid):
    """The file is none of the formats that banks answer in, or is too large."""

    code, title = "payments.inbound_file_unreadable", "The file cannot be read"


class InboundFileNotFound(NotFound):
    """There is no such file."""

    code, title = "payments.inbound_file_not_found", "There is no such file"


class InboundUnmatched(NotFound):
    """What the bank speaks of is not known here."""

    code, title = "payments.inbound_unmatched", "Nothing of ours has this reference"


class InboundRepeated(Conflict):
    """Another file said so already: the bank may have moved the money twice."""

    code, title = "payments.inbound_repeated", "The bank has said so before"


class InboundNeedsPerson(DomainError):
    """The bank's word cannot be acted on by itself."""

    code, title = "payments.inbound_needs_person", "Somebody has to decide"


class DayNotReady(Conflict):
    """Something is missing before the day can be closed. `details` say what."""

    code, title = "payments.day_not_ready", "The day cannot be closed yet"


class DayBeingClosed(Conflict):
    """A run closes the day at this moment, or waits for the worker."""

    code, title = "payments.day_being_closed", "The day is being closed"


class DayNotOver(Invalid):
    """Only days that are over in the book's zone can be closed, and only days since the book was opened."""

    code, title = "payments.day_not_over", "The day is not over"


class DayNotClosed(Conflict):
    """The day is not closed, or a later day is; days are reopened from the newest on."""

    code, title = "payments.day_not_closed", "The day cannot be reopened"

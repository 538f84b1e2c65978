"""Files as a bank sends them back: of nobody's file, and returns of a batch of ours."""

from payments.providers import nacha
from payments.services import files


def refusal_of(message: str) -> bytes:
    """A pain.002 that rejects the whole of the file with this message id."""
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>BANK-1</MsgId><CreDtTm>2026-11-22T12:00:00Z</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def returned(world, payment, code: str) -> bytes:
    """An ACH file that returns one payment of a delivered batch."""
    identity = files.identity_of(rail="ach", partner_id=payment.partner_id)
    return nacha.sandbox_write_returns(
        original=nacha.read(files.content_of(payment.batch)).checked(),
        answers=[nacha.SandboxReturn(trace=files.trace_of(identity["odfi"], payment), reason=code)],
        created_on=world.at.date(),
    )

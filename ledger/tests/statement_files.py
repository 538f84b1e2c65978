"""Files of banks, written for tests and figures."""

from collections.abc import Sequence


def entry(
    amount: str,
    mark: str,
    *,
    e2e: str = "",
    batch: str = "",
    reference: str = "",
    number: int = 1,
    day: str = "2026-03-02",
    status: str = "BOOK",
    reversal: bool = False,
    name: str = "",
    account: str = "",
    details: Sequence[tuple[str, ...]] = (),
    currency: str = "EUR",
    version: str = "08",
) -> str:
    """One ``Ntry``; ``details`` are (amount, end-to-end id[, direction])."""
    side = "Dbtr" if mark == "CRDT" else "Cdtr"
    nodes = [_detail(*detail, currency=currency) for detail in details]
    if not details:
        nm = f"<Nm>{name}</Nm>" if version < "08" else f"<Pty><Nm>{name}</Nm></Pty>"
        parties = f"<{side}>{nm}</{side}>" if name else ""
        parties += f"<{side}Acct><Id><IBAN>{account}</IBAN></Id></{side}Acct>" if account else ""
        known = (f"<EndToEndId>{e2e}</EndToEndId>" if e2e else "") + (f"<TxId>{reference}</TxId>" if reference else "")
        nodes = [f"<TxDtls><Refs>{known}</Refs>{f'<RltdPties>{parties}</RltdPties>' if parties else ''}</TxDtls>"]
    btch = f"<Btch><PmtInfId>{batch}</PmtInfId></Btch>" if batch else ""
    sts = f"<Sts>{status}</Sts>" if version < "08" else f"<Sts><Cd>{status}</Cd></Sts>"
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>'
        + ("<RvslInd>true</RvslInd>" if reversal else "")
        + f"{sts}<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>BANK-{number}</AcctSvcrRef>"
        + f"<BkTxCd><Domn><Cd>PMNT</Cd></Domn></BkTxCd><NtryDtls>{btch}{''.join(nodes)}</NtryDtls></Ntry>"
    )


def _detail(amount: str, e2e: str, mark: str = "", *, currency: str) -> str:
    direction = f"<CdtDbtInd>{mark}</CdtDbtInd>" if mark else ""
    return f'<TxDtls><Refs><EndToEndId>{e2e}</EndToEndId></Refs><Amt Ccy="{currency}">{amount}</Amt>{direction}</TxDtls>'


def camt053(
    *,
    opening: str,
    closing: str,
    entries: Sequence[str],
    day: str = "2026-03-02",
    sequence: int = 1,
    account: str = "DE02120300000000202051",
    currency: str = "EUR",
    version: str = "08",
    kind: str = "camt.053",
) -> bytes:
    """A message with one statement (or report, or notice) of one day."""
    names = {
        "camt.053": ("BkToCstmrStmt", "Stmt"),
        "camt.052": ("BkToCstmrAcctRpt", "Rpt"),
        "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }
    message, report = names[kind]
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount.lstrip("-")}</Amt>'
        f"<CdtDbtInd>{'DBIT' if amount.startswith('-') else 'CRDT'}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, amount in (("OPBD", opening), ("CLBD", closing))
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}.001.{version}"><{message}>'
        f"<GrpHdr><MsgId>M-{day}-{sequence}</MsgId><CreDtTm>{day}T23:00:00</CreDtTm></GrpHdr><{report}><Id>S-{day}-{sequence}</Id>"
        f"<ElctrncSeqNb>{sequence}</ElctrncSeqNb><CreDtTm>{day}T23:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
        f"{balances if kind == 'camt.053' else ''}{''.join(entries)}</{report}></{message}></Document>"
    ).encode()

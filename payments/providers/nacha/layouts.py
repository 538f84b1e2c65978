"""The records of an ACH file as tables of fields, from the first column to the ninety-fourth (Nacha Operating Rules, Appendix Three).

Kinds of fields: ``N`` digits, zero-filled from the left; ``O`` digits or all blank; ``A`` alphameric, blank-filled from the right;
``B`` blank. Alphameric is what the rules call so: the printable ASCII characters, blank included. Each table is checked to be 94
columns wide when this module is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from payments.providers.nacha.problems import FieldRefused

WIDTH = 94


@dataclass(frozen=True, slots=True)
class Field:
    """Columns ``start`` to ``end``, counted from 1, both inside."""

    name: str
    start: int
    end: int
    kind: str

    @property
    def width(self) -> int:
        """Columns of the field."""
        return self.end - self.start + 1


@dataclass(frozen=True)
class Layout:
    """One kind of record. ``spans`` cuts a line by field name."""

    name: str
    fields: tuple[Field, ...]
    spans: Mapping[str, slice] = field(repr=False, compare=False)

    def compose(self, values: Mapping[str, str | int], *, record: str) -> str:
        """The line, 94 columns. Raises FieldRefused when a value has other characters than its field or does not fit."""
        return "".join([_fill(one, values.get(one.name, ""), record) for one in self.fields])


def _fill(place: Field, value: str | int, record: str) -> str:
    width = place.width
    if place.kind == "A":
        text = str(value)
        if not (text.isascii() and text.isprintable()):
            raise FieldRefused("only printable ASCII characters are allowed.", record=record, field=place.name)
        if len(text) > width:
            raise FieldRefused(f"{len(text)} characters; the field has {width}.", record=record, field=place.name)
        return text.ljust(width)
    if place.kind == "B" or (place.kind == "O" and value == ""):
        return " " * width
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise FieldRefused("digits are needed.", record=record, field=place.name)
    if len(text) > width:
        raise FieldRefused(f"{len(text)} digits; the field has {width}.", record=record, field=place.name)
    return text.zfill(width)


def _layout(name: str, table: str) -> Layout:
    fields, column = [], 1
    for row in table.split(","):
        label, width, kind = row.split()
        fields.append(Field(label, column, column + int(width) - 1, kind))
        column += int(width)
    if column != WIDTH + 1:
        raise ValueError(f"{name} is {column - 1} columns wide")
    return Layout(name, tuple(fields), {one.name: slice(one.start - 1, one.end) for one in fields})


FILE_HEADER = _layout(
    "file_header",
    "record_type 1 N, priority_code 2 N, destination 10 A, origin 10 A, creation_date 6 N, creation_time 4 O, modifier 1 A, "
    "record_size 3 N, blocking_factor 2 N, format_code 1 N, destination_name 23 A, origin_name 23 A, reference 8 A",
)
BATCH_HEADER = _layout(
    "batch_header",
    "record_type 1 N, service_class 3 N, company_name 16 A, company_discretionary 20 A, company_id 10 A, sec 3 A, description 10 A, "
    "descriptive_date 6 A, effective_date 6 O, settlement_date 3 O, originator_status 1 A, odfi 8 N, batch_number 7 N",
)
IAT_BATCH_HEADER = _layout(
    "iat_batch_header",
    "record_type 1 N, service_class 3 N, iat_indicator 16 A, fx_indicator 2 A, fx_reference_indicator 1 A, fx_reference 15 A, "
    "destination_country 2 A, company_id 10 A, sec 3 A, description 10 A, origin_currency 3 A, destination_currency 3 A, "
    "effective_date 6 O, settlement_date 3 O, originator_status 1 A, odfi 8 N, batch_number 7 N",
)
BATCH_CONTROL = _layout(
    "batch_control",
    "record_type 1 N, service_class 3 N, entry_count 6 N, entry_hash 10 N, debits 12 N, credits 12 N, company_id 10 A, "
    "authentication 19 A, reserved 6 B, odfi 8 N, batch_number 7 N",
)
ADV_BATCH_CONTROL = _layout(
    "adv_batch_control",
    "record_type 1 N, service_class 3 N, entry_count 6 N, entry_hash 10 N, debits 20 N, credits 20 N, operator_data 19 A, "
    "odfi 8 N, batch_number 7 N",
)
FILE_CONTROL = _layout(
    "file_control",
    "record_type 1 N, batch_count 6 N, block_count 6 N, entry_count 8 N, entry_hash 10 N, debits 12 N, credits 12 N, reserved 39 B",
)
ADV_FILE_CONTROL = _layout(
    "adv_file_control",
    "record_type 1 N, batch_count 6 N, block_count 6 N, entry_count 8 N, entry_hash 10 N, debits 20 N, credits 20 N, reserved 23 B",
)

_ENTRY = "record_type 1 N, code 2 N, rdfi 8 N, check_digit 1 N, account 17 A, amount 10 N, "
_TAIL = "discretionary 2 A, addenda_indicator 1 N, trace 15 N"
_ENTRY_PLAIN = _layout("entry", _ENTRY + "identification 15 A, name 22 A, " + _TAIL)
_ENTRY_COUNTED = _layout("entry_counted", _ENTRY + "identification 15 A, addenda_count 4 N, name 16 A, reserved 2 B, " + _TAIL)
_ENTRY_CIE = _layout("entry_cie", _ENTRY + "name 22 A, identification 15 A, " + _TAIL)
_ENTRY_POP = _layout("entry_pop", _ENTRY + "identification 9 A, terminal_city 4 A, terminal_state 2 A, name 22 A, " + _TAIL)
_ENTRY_SHR = _layout("entry_shr", _ENTRY + "card_expiry 4 N, document_reference 11 A, card_account 22 A, " + _TAIL)
_ENTRY_CHECK = _layout("entry_check", _ENTRY + "identification 15 A, process_control 6 A, item_research 16 A, " + _TAIL)
_ENTRY_IAT = _layout(
    "entry_iat",
    "record_type 1 N, code 2 N, rdfi 8 N, check_digit 1 N, addenda_count 4 O, reserved 13 B, amount 10 N, account 35 A, "
    "reserved_2 2 B, ofac_gateway 1 A, ofac_secondary 1 A, addenda_indicator 1 N, trace 15 N",
)
_ENTRY_ADV = _layout(
    "entry_adv",
    "record_type 1 N, code 2 N, rdfi 8 N, check_digit 1 N, account 15 A, amount 12 N, advice_routing 9 N, file_identification 5 A, "
    "operator_data 1 A, name 22 A, discretionary 2 A, addenda_indicator 1 N, operator_routing 8 N, julian_date 3 N, sequence 4 N",
)
ENTRIES: Mapping[str, Layout] = {
    **dict.fromkeys(("ATX", "CTX", "TRX"), _ENTRY_COUNTED),
    "CIE": _ENTRY_CIE,
    "POP": _ENTRY_POP,
    "SHR": _ENTRY_SHR,
    "TRC": _ENTRY_CHECK,
    "XCK": _ENTRY_CHECK,
    "IAT": _ENTRY_IAT,
    "ADV": _ENTRY_ADV,
}


def entry_layout(sec: str) -> Layout:
    """The entry record of an SEC code; most codes share one."""
    return ENTRIES.get(sec, _ENTRY_PLAIN)


_ADDENDA = "record_type 1 N, addenda_type 2 N, "
REMITTANCE = _layout("addenda_05", _ADDENDA + "text 80 A, sequence 4 N, entry_sequence 7 N")
TERMINAL = _layout(
    "addenda_02",
    _ADDENDA
    + "reference_1 7 A, reference_2 3 A, terminal 6 A, serial 6 A, transaction_date 4 A, authorization 6 A, location 27 A, "
    "city 15 A, state 2 A, trace 15 N",
)
CHANGE = _layout(
    "addenda_98",
    _ADDENDA
    + "change_code 3 A, original_trace 15 N, reserved 6 B, original_rdfi 8 N, corrected_data 29 A, reserved_2 15 B, trace 15 N",
)
IAT_CHANGE = _layout(
    "addenda_98_iat",
    _ADDENDA
    + "change_code 3 A, original_trace 15 N, reserved 6 B, original_rdfi 8 N, corrected_data 35 A, reserved_2 9 B, trace 15 N",
)
REFUSED_CHANGE = _layout(
    "addenda_98_refused",
    _ADDENDA + "refused_code 3 A, original_trace 15 N, reserved 6 B, original_rdfi 8 N, corrected_data 29 A, change_code 3 A, "
    "change_sequence 7 N, reserved_2 5 B, trace 15 N",
)
RETURN = _layout(
    "addenda_99",
    _ADDENDA + "reason 3 A, original_trace 15 N, date_of_death 6 O, original_rdfi 8 N, information 44 A, trace 15 N",
)
IAT_RETURN = _layout(
    "addenda_99_iat",
    _ADDENDA
    + "reason 3 A, original_trace 15 N, date_of_death 6 O, original_rdfi 8 N, forward_amount 10 N, information 34 A, trace 15 N",
)
DISHONORED = _layout(
    "addenda_99_dishonored",
    _ADDENDA + "reason 3 A, original_trace 15 N, reserved 6 B, original_rdfi 8 N, reserved_2 3 B, return_trace 15 N, "
    "return_settlement_date 3 O, return_reason 2 N, information 21 A, trace 15 N",
)
CONTESTED = _layout(
    "addenda_99_contested",
    _ADDENDA
    + "reason 3 A, original_trace 15 N, original_entry_returned_on 6 O, original_rdfi 8 N, original_settlement_date 3 O, "
    "return_trace 15 N, return_settlement_date 3 O, return_reason 2 N, dishonored_trace 15 N, dishonored_settlement_date 3 O, "
    "dishonored_reason 2 N, reserved 1 B, trace 15 N",
)
_IAT_PARTY = "name 35 A, identification_qualifier 2 A, identification 34 A, branch_country 3 A, reserved 10 B, entry_sequence 7 N"
_IAT_PLACE = "city 35 A, country 35 A, reserved 14 B, entry_sequence 7 N"
IAT_ADDENDA: Mapping[str, Layout] = {
    "10": _layout(
        "addenda_10",
        _ADDENDA + "transaction_type 3 A, foreign_amount 18 O, foreign_trace 22 A, name 35 A, reserved 6 B, entry_sequence 7 N",
    ),
    "11": _layout("addenda_11", _ADDENDA + "name 35 A, street 35 A, reserved 14 B, entry_sequence 7 N"),
    "12": _layout("addenda_12", _ADDENDA + _IAT_PLACE),
    "13": _layout("addenda_13", _ADDENDA + _IAT_PARTY),
    "14": _layout("addenda_14", _ADDENDA + _IAT_PARTY),
    "15": _layout("addenda_15", _ADDENDA + "identification 15 A, street 35 A, reserved 34 B, entry_sequence 7 N"),
    "16": _layout("addenda_16", _ADDENDA + _IAT_PLACE),
    "17": _layout("addenda_17", _ADDENDA + "text 80 A, sequence 4 N, entry_sequence 7 N"),
    "18": _layout(
        "addenda_18",
        _ADDENDA
        + "name 35 A, identification_qualifier 2 A, identification 34 A, branch_country 3 A, reserved 6 B, sequence 4 N, "
        "entry_sequence 7 N",
    ),
}


def addenda_layout(kind: str, reason: str, sec: str) -> Layout | None:
    """The addenda record by its type code, its reason or change code and the batch's SEC code; None when there is no such type."""
    if kind == "05":
        return REMITTANCE
    if kind == "02":
        return TERMINAL
    if kind == "98":
        if reason[:2] == "C6":
            return REFUSED_CHANGE
        return IAT_CHANGE if sec == "IAT" else CHANGE
    if kind == "99":
        if reason in {"R61", "R62", "R67", "R68", "R69", "R70"}:
            return DISHONORED
        if reason in {"R71", "R72", "R73", "R74", "R75", "R76", "R77"}:
            return CONTESTED
        return IAT_RETURN if sec == "IAT" else RETURN
    return IAT_ADDENDA.get(kind) if sec == "IAT" else None

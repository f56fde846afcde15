"""A `$filter` as a condition over the keys of a companion: parsed and typed in one walk.

Comparisons are true or false, also with null, as OData has it. Values are always bound.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from datafiles.column_keys import KEY, ColumnKey, KeyKind
from datafiles.filters import NEVER, Filter, Operator, Predicate, predicate
from datafiles.odata.tokens import ODataNotSupported, ODataQueryInvalid, Token, tokens_of
from datafiles.odata.types import EdmType, Property

MAX_DEPTH: Final = 60
_COMPARISONS: Final = {
    "eq": Operator.EQ,
    "ne": Operator.NE,
    "gt": Operator.GT,
    "ge": Operator.GTE,
    "lt": Operator.LT,
    "le": Operator.LTE,
}
_TURNED: Final = {
    Operator.GT: Operator.LT,
    Operator.GTE: Operator.LTE,
    Operator.LT: Operator.GT,
    Operator.LTE: Operator.GTE,
}
_SIGNS: Final = {
    Operator.EQ: "=",
    Operator.NE: "<>",
    Operator.GT: ">",
    Operator.GTE: ">=",
    Operator.LT: "<",
    Operator.LTE: "<=",
}
# Name in OData: function of the engine, kinds of its arguments, kind of its value.
_FUNCTIONS: Final[dict[str, tuple[str, tuple[str, ...], str]]] = {
    "contains": ("contains", ("text", "text"), "truth"),
    "startswith": ("starts_with", ("text", "text"), "truth"),
    "endswith": ("ends_with", ("text", "text"), "truth"),
    "tolower": ("lower", ("text",), "text"),
    "toupper": ("upper", ("text",), "text"),
    "trim": ("trim", ("text",), "text"),
    "length": ("length", ("text",), "number"),
    "year": ("year", ("moment",), "number"),
    "month": ("month", ("moment",), "number"),
    "day": ("day", ("moment",), "number"),
    "hour": ("hour", ("moment",), "number"),
    "minute": ("minute", ("moment",), "number"),
    "date": ("date", ("moment",), "moment"),
    "round": ("round", ("number",), "number"),
    "floor": ("floor", ("number",), "number"),
    "ceiling": ("ceil", ("number",), "number"),
}
_LITERALS: Final = {
    "number": "number",
    "text": "text",
    "date": "moment",
    "moment": "moment",
    "clock": "text",
}
_KINDS: Final = {
    EdmType.INT64: "number",
    EdmType.DECIMAL: "number",
    EdmType.DOUBLE: "number",
    EdmType.BOOLEAN: "truth",
    EdmType.DATE: "moment",
    EdmType.MOMENT: "moment",
    EdmType.CLOCK: "text",
    EdmType.STRING: "text",
}


@dataclass(frozen=True, slots=True)
class Operand:
    """Something with a value: a column, a literal (`literal` is set) or what a function makes.

    `kind` is number, text, truth, moment or null.
    """

    kind: str
    sql: str = ""
    values: tuple[object, ...] = ()
    literal: Token | None = None
    column: int | None = None

    @property
    def predicate(self) -> Predicate:
        return Predicate(self.sql, self.values)


def condition_of(text: str, properties: Sequence[Property], keys: Sequence[ColumnKey]) -> Predicate:
    """Raises ODataQueryInvalid, ODataNotSupported, or what a filter has to say of a value."""
    return _Parser(tokens_of(text), properties, keys).condition()


class _Parser:
    def __init__(
        self, tokens: list[Token], properties: Sequence[Property], keys: Sequence[ColumnKey]
    ) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._properties = {p.name: p for p in properties}
        self._keys = keys

    def condition(self) -> Predicate:
        found = self._truth(self._either())
        if self._next.kind != "end":
            raise self._unexpected()
        return found

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        self._place += 1
        return token

    def _takes(self, kind: str, value: str) -> bool:
        if (self._next.kind, self._next.value) == (kind, value):
            self._place += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._takes("sign", sign):
            raise self._unexpected(f"{sign!r} is missing")

    def _unexpected(self, what: str = "") -> ODataQueryInvalid:
        token = self._next
        shown = repr(token.value[:40]) if token.kind != "end" else "the end"
        return ODataQueryInvalid(
            f"The expression cannot be read at character {token.place}: "
            f"{what or 'this was not expected'}, before {shown}."
        )

    def _either(self) -> Operand:
        return self._joined("or", self._both)

    def _both(self) -> Operand:
        return self._joined("and", self._negated)

    def _joined(self, word: str, part: Callable[[], Operand]) -> Operand:
        first = part()
        parts = [first]
        while self._takes("name", word):
            parts.append(part())
        if len(parts) == 1:
            return first
        truths = [self._truth(operand) for operand in parts]
        sql = f" {word.upper()} ".join(truth.sql for truth in truths)
        return Operand("truth", f"({sql})", tuple(v for truth in truths for v in truth.values))

    def _negated(self) -> Operand:
        if not self._takes("name", "not"):
            return self._compared()
        with self._deeper():
            inner = self._truth(self._negated())
        return Operand("truth", f"(NOT {inner.sql})", inner.values)

    def _compared(self) -> Operand:
        left = self._operand()
        word = self._next
        if word.kind != "name":
            return left
        if word.value == "in":
            self._place += 1
            return self._listed(left)
        if word.value not in _COMPARISONS:
            return left
        self._place += 1
        return self._comparison(left, _COMPARISONS[word.value], self._operand())

    def _listed(self, left: Operand) -> Operand:
        self._expect("(")
        parts = [self._comparison(left, Operator.EQ, self._operand())]
        while self._takes("sign", ","):
            parts.append(self._comparison(left, Operator.EQ, self._operand()))
        self._expect(")")
        sql = " OR ".join(part.sql for part in parts)
        return Operand("truth", f"({sql})", tuple(v for part in parts for v in part.values))

    def _operand(self) -> Operand:
        token = self._take()
        if (token.kind, token.value) == ("sign", "("):
            with self._deeper():
                inner = self._either()
            self._expect(")")
            return inner
        if token.kind in _LITERALS:
            return Operand(_LITERALS[token.kind], literal=token)
        if token.kind == "name":
            return self._named(token)
        self._place -= 1
        raise self._unexpected()

    def _named(self, token: Token) -> Operand:
        if self._takes("sign", "("):
            return self._called(token)
        if token.value in self._properties:
            return self._column(self._properties[token.value])
        match token.value:
            case "null":
                return Operand("null", "NULL")
            case "true" | "false":
                return Operand("truth", token.value, literal=token)
            case "NaN" | "INF":
                return Operand("number", literal=token)
        raise ODataQueryInvalid(
            f"There is no property {token.value[:60]!r}; there are: "
            f"{', '.join(list(self._properties)[:50])}."
        )

    def _column(self, found: Property) -> Operand:
        if found.position is None:
            return Operand("number", "(rowid + 1)")
        return Operand(_KINDS[found.type], f"{KEY}{found.position}", column=found.position)

    def _called(self, token: Token) -> Operand:
        if token.value not in _FUNCTIONS:
            raise ODataNotSupported(f"The function {token.value[:60]!r} is not supported.")
        name, kinds, result = _FUNCTIONS[token.value]
        with self._deeper():
            arguments = [self._argument(kinds[0], token)]
            for kind in kinds[1:]:
                self._expect(",")
                arguments.append(self._argument(kind, token))
        self._expect(")")
        sql = f"{name}({', '.join(argument.sql for argument in arguments)})"
        return Operand(result, sql, tuple(v for a in arguments for v in a.values))

    def _argument(self, kind: str, function: Token) -> Operand:
        found = self._operand()
        if found.kind != kind or not self._is_value(found):
            raise ODataQueryInvalid(f"{function.value} needs a {kind} at its place.")
        return _bound(found)

    def _is_value(self, operand: Operand) -> bool:
        """Whether its SQL is its value, and not only a text of the same order."""
        if operand.column is None:
            return True
        kind = self._keys[operand.column].kind
        return kind not in {KeyKind.ANY_NUMBER, KeyKind.ANY_MOMENT}

    def _truth(self, operand: Operand) -> Predicate:
        if operand.kind != "truth":
            raise self._unexpected("a comparison is missing")
        return operand.predicate

    def _comparison(self, left: Operand, operator: Operator, right: Operand) -> Operand:
        if left.literal is not None and right.literal is None and right.kind != "null":
            return self._comparison(right, _TURNED.get(operator, operator), left)
        if right.kind == "null" or left.kind == "null":
            return _with_null(left, operator, right)
        if left.kind != right.kind:
            raise ODataQueryInvalid(f"A {left.kind} cannot be compared with a {right.kind}.")
        if left.column is not None and right.literal is not None:
            found = _with_literal(left.column, self._keys[left.column], operator, right.literal)
            return Operand("truth", f"(({found.sql}) IS TRUE)", found.values)
        if not self._is_value(left) or not self._is_value(right):
            raise ODataNotSupported("Columns of such wide values are compared with values only.")
        first, second = _bound(left), _bound(right)
        values = (*first.values, *second.values)
        if operator in {Operator.EQ, Operator.NE}:
            negation = "NOT " if operator == Operator.EQ else ""
            return Operand(
                "truth", f"({first.sql} IS {negation}DISTINCT FROM {second.sql})", values
            )
        return Operand("truth", f"(({first.sql} {_SIGNS[operator]} {second.sql}) IS TRUE)", values)

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """Bounds how deep brackets, functions and `not` stand in one another."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ODataQueryInvalid(f"The expression is nested more than {MAX_DEPTH} deep.")
        yield
        self._depth -= 1


def _with_null(left: Operand, operator: Operator, right: Operand) -> Operand:
    other = left if right.kind == "null" else right
    if operator not in {Operator.EQ, Operator.NE}:
        return Operand("truth", "false")
    if other.kind == "null" or other.literal is not None:
        is_true = (other.kind == "null") == (operator == Operator.EQ)
        return Operand("truth", "true" if is_true else "false")
    return Operand(
        "truth", f"({other.sql} IS {'NOT ' if operator == Operator.NE else ''}NULL)", other.values
    )


def _with_literal(column: int, key: ColumnKey, operator: Operator, literal: Token) -> Predicate:
    """By the rules of the filters, which know every kind of key."""
    text = literal.value
    if literal.kind in {"date", "moment"}:
        found = _moment_filter(key, operator, literal)
        if isinstance(found, Predicate):
            return found
        operator, text = found
    elif literal.value in {"INF", "+INF", "-INF"}:
        text = literal.value.replace("INF", "Infinity")
    return predicate(Filter(column, operator, (text,), "$filter"), key)


def _moment_filter(
    key: ColumnKey, operator: Operator, literal: Token
) -> tuple[Operator, str] | Predicate:
    moment = _instant(literal)
    if key.type != "date":
        return operator, f"{moment[:10]}T{moment[11:]}"
    if moment[11:].strip("0:.") == "":
        return operator, moment[:10]
    # A day lies before or after a moment inside a day, and is never equal to it.
    if operator == Operator.EQ:
        return NEVER
    if operator == Operator.NE:
        return Predicate("true")
    after = {Operator.GTE: Operator.GT, Operator.LT: Operator.LTE}
    return after.get(operator, operator), moment[:10]


def _instant(literal: Token) -> str:
    """`2024-01-31 10:11:12.5` in UTC. Raises ODataQueryInvalid."""
    if literal.kind == "date":
        return f"{literal.value} 00:00:00"
    body, sign, offset = literal.value, "", ""
    if body.endswith("Z"):
        body = body[:-1]
    else:
        body, sign, offset = body[:-6], body[-6], body[-5:]
    whole, _, fraction = body.partition(".")
    try:
        moment = dt.datetime.fromisoformat(whole)
        if sign:
            hours, minutes = int(offset[:2]), int(offset[3:])
            ahead = dt.timedelta(hours=hours, minutes=minutes)
            moment = moment - ahead if sign == "+" else moment + ahead
    except (ValueError, OverflowError) as exc:
        raise ODataQueryInvalid(f"{literal.value!r} is no moment.") from exc
    return moment.isoformat(" ") + (f".{fraction}" if fraction else "")


def _bound(operand: Operand) -> Operand:
    """A literal with its value bound; anything else as it is."""
    literal = operand.literal
    if literal is None:
        return operand
    if operand.kind == "truth":
        return Operand("truth", literal.value)
    if operand.kind == "moment":
        return Operand("moment", "CAST(? AS TIMESTAMP)", (_checked(_instant(literal)),))
    if operand.kind == "number":
        if "INF" in literal.value or literal.value == "NaN":
            return Operand("number", "CAST(? AS DOUBLE)", (literal.value.replace("INF", "inf"),))
        return Operand("number", "CAST(? AS DOUBLE)", (str(Decimal(literal.value)),))
    return Operand("text", "?", (literal.value,))


def _checked(iso: str) -> str:
    try:
        dt.datetime.fromisoformat(iso[:19])
    except ValueError as exc:
        raise ODataQueryInvalid(f"{iso[:10]!r} is no date.") from exc
    return iso[:26]

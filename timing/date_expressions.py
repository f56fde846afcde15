"""The days a query may name, `:hoje`, `:inicio_mes` and so on, and the window it reads. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from timing.business_days import BusinessCalendar

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The days a run reads, both included; `end` before `start`: there is nothing to read."""

    start: date
    end: date

    @property
    def is_empty(self) -> bool:
        return self.end < self.start


@dataclass(frozen=True, slots=True)
class Days:
    """What every expression starts from: the day a run is due, its window, and what says which
    days are business days, if anything does."""

    today: date
    window: Window
    calendar: BusinessCalendar | None = None


@dataclass(frozen=True, slots=True)
class DateExpression:
    """A name that stands for a day, in two languages; `number` is its place in the old system.

    `day` is None where a calendar is needed and missing, or has no such day.
    """

    name: str
    alias: str
    meaning_pt: str
    meaning_en: str
    day: Callable[[Days], date | None]
    number: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, self.alias, *([self.number] if self.number else []))


def month_start(day: date) -> date:
    return day.replace(day=1)


def month_end(day: date) -> date:
    return month_start(month_start(day) + 31 * DAY) - DAY


def window_for(today: date, *, days_offset: int | None, last_data_date: date | None) -> Window:
    """From the first day of the month of the day after `last_data_date` to `days_offset` days
    before `today`; without a last day from the first day of the month of the end."""
    end = today - (days_offset or 0) * DAY
    first_missing = end if last_data_date is None else last_data_date + DAY
    return Window(month_start(first_missing), end)


def _week_start(day: date) -> date:
    return day - day.weekday() * DAY


def _quarter_start(day: date) -> date:
    return date(day.year, day.month - (day.month - 1) % 3, 1)


def _quarter_end(day: date) -> date:
    return month_end(_quarter_start(day) + 62 * DAY)


def _last_month(day: date) -> date:
    """The last day of the month before."""
    return month_start(day) - DAY


def _business(
    name: str,
    alias: str,
    meaning_pt: str,
    meaning_en: str,
    find: Callable[[BusinessCalendar, date], date | None],
) -> DateExpression:
    def day(days: Days) -> date | None:
        return None if days.calendar is None else find(days.calendar, days.today)

    return DateExpression(name, alias, meaning_pt, meaning_en, day)


def _latest(calendar: BusinessCalendar, today: date) -> date | None:
    return today if calendar.is_business_day(today) else calendar.previous_business_day(today)


def _of_month(place: int) -> Callable[[BusinessCalendar, date], date | None]:
    """The first (0) or the last (-1) business day of the day's month."""

    def find(calendar: BusinessCalendar, day: date) -> date | None:
        days = calendar.business_days(day.year, day.month)
        return days[place] if days else None

    return find


BUSINESS_EXPRESSIONS = (
    _business(
        "dia_util_anterior",
        "previous_business_day",
        "último dia útil antes deste",
        "last business day before this one",
        BusinessCalendar.previous_business_day,
    ),
    _business(
        "proximo_dia_util",
        "next_business_day",
        "primeiro dia útil depois deste",
        "first business day after this one",
        BusinessCalendar.next_business_day,
    ),
    _business(
        "ultimo_dia_util",
        "latest_business_day",
        "este dia, se for útil; senão o dia útil anterior",
        "this day if it is a business day, else the one before",
        _latest,
    ),
    _business(
        "primeiro_dia_util_mes",
        "month_first_business_day",
        "primeiro dia útil deste mês",
        "first business day of this month",
        _of_month(0),
    ),
    _business(
        "ultimo_dia_util_mes",
        "month_last_business_day",
        "último dia útil deste mês",
        "last business day of this month",
        _of_month(-1),
    ),
    _business(
        "primeiro_dia_util_mes_anterior",
        "previous_month_first_business_day",
        "primeiro dia útil do mês passado",
        "first business day of last month",
        lambda calendar, day: _of_month(0)(calendar, _last_month(day)),
    ),
    _business(
        "ultimo_dia_util_mes_anterior",
        "previous_month_last_business_day",
        "último dia útil do mês passado",
        "last business day of last month",
        lambda calendar, day: _of_month(-1)(calendar, _last_month(day)),
    ),
)
EXPRESSIONS: tuple[DateExpression, ...] = (
    DateExpression(
        "inicio",
        "window_start",
        "início da janela: primeiro dia do mês seguinte à última data carregada",
        "start of the window: first day of the month that follows the last loaded day",
        lambda days: days.window.start,
        number="1",
    ),
    DateExpression(
        "fim",
        "window_end",
        "fim da janela: hoje menos os dias de carência",
        "end of the window: today minus the days of grace",
        lambda days: days.window.end,
        number="2",
    ),
    DateExpression(
        "hoje",
        "today",
        "dia em que a execução estava prevista",
        "the day the run was due",
        lambda days: days.today,
    ),
    DateExpression(
        "ontem", "yesterday", "véspera", "the day before", lambda days: days.today - DAY
    ),
    DateExpression(
        "amanha", "tomorrow", "dia seguinte", "the day after", lambda days: days.today + DAY
    ),
    DateExpression(
        "inicio_semana",
        "week_start",
        "segunda-feira desta semana",
        "Monday of this week",
        lambda days: _week_start(days.today),
    ),
    DateExpression(
        "fim_semana",
        "week_end",
        "domingo desta semana",
        "Sunday of this week",
        lambda days: _week_start(days.today) + 6 * DAY,
    ),
    DateExpression(
        "inicio_semana_anterior",
        "previous_week_start",
        "segunda-feira da semana passada",
        "Monday of last week",
        lambda days: _week_start(days.today) - 7 * DAY,
    ),
    DateExpression(
        "fim_semana_anterior",
        "previous_week_end",
        "domingo da semana passada",
        "Sunday of last week",
        lambda days: _week_start(days.today) - DAY,
    ),
    DateExpression(
        "inicio_mes",
        "month_start",
        "primeiro dia deste mês",
        "first day of this month",
        lambda days: month_start(days.today),
    ),
    DateExpression(
        "fim_mes",
        "month_end",
        "último dia deste mês",
        "last day of this month",
        lambda days: month_end(days.today),
    ),
    DateExpression(
        "inicio_mes_anterior",
        "previous_month_start",
        "primeiro dia do mês passado",
        "first day of last month",
        lambda days: month_start(_last_month(days.today)),
    ),
    DateExpression(
        "fim_mes_anterior",
        "previous_month_end",
        "último dia do mês passado",
        "last day of last month",
        lambda days: _last_month(days.today),
    ),
    DateExpression(
        "inicio_trimestre",
        "quarter_start",
        "primeiro dia deste trimestre",
        "first day of this quarter",
        lambda days: _quarter_start(days.today),
    ),
    DateExpression(
        "fim_trimestre",
        "quarter_end",
        "último dia deste trimestre",
        "last day of this quarter",
        lambda days: _quarter_end(days.today),
    ),
    DateExpression(
        "inicio_ano",
        "year_start",
        "1º de janeiro deste ano",
        "1 January of this year",
        lambda days: date(days.today.year, 1, 1),
    ),
    DateExpression(
        "fim_ano",
        "year_end",
        "31 de dezembro deste ano",
        "31 December of this year",
        lambda days: date(days.today.year, 12, 31),
    ),
    DateExpression(
        "inicio_ano_anterior",
        "previous_year_start",
        "1º de janeiro do ano passado",
        "1 January of last year",
        lambda days: date(days.today.year - 1, 1, 1),
    ),
    DateExpression(
        "fim_ano_anterior",
        "previous_year_end",
        "31 de dezembro do ano passado",
        "31 December of last year",
        lambda days: date(days.today.year - 1, 12, 31),
    ),
    *BUSINESS_EXPRESSIONS,
)
_BY_NAME: Mapping[str, DateExpression] = {
    name: expression for expression in EXPRESSIONS for name in expression.names
}
CALENDAR_NAMES = frozenset(name for expression in BUSINESS_EXPRESSIONS for name in expression.names)
WINDOW_NAMES = frozenset(name for expression in EXPRESSIONS[:2] for name in expression.names)


def unknown_names(names: Iterable[str]) -> list[str]:
    """Those that stand for no day, in order and once."""
    return [name for name in dict.fromkeys(names) if name not in _BY_NAME]


def days_named(names: Iterable[str], days: Days) -> dict[str, date | None]:
    """The day of each name, in lower case; all of them must be known. None: a calendar lacks."""
    return {name: _BY_NAME[name].day(days) for name in names}

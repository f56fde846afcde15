"""Parameters and sets of a job, and the sets of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, RootModel, StrictInt, StrictStr, StringConstraints

from connectors.bind_values import BindValue
from services.parameter_set_rules import bound_value
from services.parameter_sets import MAX_LABEL
from services.set_views import RunSetView, SetView
from vocabulary import ParameterType
from webapi.connection_schemas import SqlText
from webapi.schemas import Model, Name

Value = StrictStr | StrictInt | None
Label = Annotated[str, StringConstraints(max_length=MAX_LABEL)]


class QueryParameter(Model):
    """A name in the query, without its colon, and what its values are."""

    name: Name
    type: ParameterType = ParameterType.TEXT


class SetOfJob(Model):
    """A row of values by the names of the parameters; null is NULL. Without a label it is called
    by its values."""

    label: Annotated[str, StringConstraints(max_length=1000)] = ""
    values: dict[str, Value]


class ParameterSetsOfJob(Model):
    """One run makes a file of each set. Either `sets`, or a `query` that answers with them when a
    run begins: a column for each parameter, and one called `label` where that is wanted."""

    parameters: list[QueryParameter]
    sets: list[SetOfJob] | None = None
    query: SqlText | None = None


class JobSetsIn(Model):
    """`parameter_sets`: values the query runs with, one file each; null: none. `export_name` must
    hold `{label}` or `{param:name}` then."""

    parameter_sets: ParameterSetsOfJob | None = None


class ParameterValue(QueryParameter):
    """A value for trying a query."""

    value: Value = None


def values_of(given: Sequence[ParameterValue]) -> dict[str, BindValue]:
    """What `:name` stands for. Raises ParameterSetsInvalid."""
    return {
        one.name.lower(): bound_value(
            one.name, one.type, None if one.value is None else str(one.value)
        )
        for one in given
    }


class ChosenSets(Model):
    """Labels of the sets to run."""

    labels: Annotated[list[Label], Field(min_length=1, max_length=1000)]


class FoundSet(Model):
    """A set that the query for them answers with, and the name its file would have."""

    label: str
    values: dict[str, str | None]
    file_name: str


class FoundSets(Model):
    """What the query for the sets answers with now."""

    sets: list[FoundSet]
    total: int
    elapsed_ms: int


class JobSetOut(Model):
    """A set of a job with the dataset it publishes; null where nothing is published yet.
    `state`: in the newest run that had it."""

    label: str
    dataset_id: int
    dataset: str
    rows: int | None
    data_as_of: datetime | None
    run_id: int | None
    state: str | None
    error_code: str | None
    error_message: str | None

    @classmethod
    def of(cls, view: SetView) -> Self:
        return cls(**{name: getattr(view, name) for name in cls.model_fields})


class JobSetList(RootModel[list[JobSetOut]]):
    """By label."""


class RunSetOut(Model):
    """One set of a run: what it gave the query, and what became of it. `not_run`: the run ended
    before it."""

    position: int
    label: str
    values: dict[str, str | None]
    dataset_id: int | None
    dataset: str | None
    state: str
    attempt: int
    rows: int | None
    size_bytes: int | None
    version: int | None
    duration_ms: int | None
    error_code: str | None
    error_message: str | None
    warning: str | None
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, view: RunSetView) -> Self:
        row = view.row
        own = {"values", "dataset", "state", "version", "duration_ms"}
        same = {name: getattr(row, name) for name in cls.model_fields if name not in own}
        took = (
            None
            if row.started_at is None or row.finished_at is None
            else round((row.finished_at - row.started_at).total_seconds() * 1000)
        )
        return cls(
            values=row.binds,
            dataset=view.dataset,
            state=view.state,
            version=row.version_id,
            duration_ms=took,
            **same,
        )


class RunSetList(RootModel[list[RunSetOut]]):
    """The sets of a run in order."""

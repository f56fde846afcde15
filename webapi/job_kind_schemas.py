"""Members of a job about its kind of file: how it is split, and what tells its rows apart."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from webapi.schemas import Model, Name, OptionalName, blank_is_none

MAX_KEY_COLUMNS = 32


class SplitOfJob(Model):
    """`rows`: so many rows in each file, `name_001`, `name_002`, ...; `month`: one file for each
    month of `column` (null: the job's date column), `name_2024-03`."""

    model_config = ConfigDict(extra="forbid")

    by: Literal["rows", "month"]
    rows: Annotated[int | None, Field(ge=1, le=1_000_000_000), BeforeValidator(blank_is_none)] = (
        None
    )
    column: OptionalName = None

    @model_validator(mode="after")
    def _check_rows(self) -> SplitOfJob:
        if self.by == "rows" and self.rows is None:
            raise ValueError("split by rows needs the number of rows in each file")
        return self


KeyColumns = Annotated[
    list[Annotated[Name, Field(min_length=1)]] | None, Field(max_length=MAX_KEY_COLUMNS)
]


class JobKindIn(Model):
    """`key_columns` are for the kind `Chave`; `split` is for `Único`, and so is
    `parallel_column`: by it two connections share the rows of one snapshot. Null: none."""

    split: SplitOfJob | None = None
    key_columns: KeyColumns = None
    parallel_column: OptionalName = None


class JobKindOut(Model):
    """As they were saved."""

    split: dict[str, Any] | None
    key_columns: list[str] | None
    parallel_column: str | None

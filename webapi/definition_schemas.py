"""Requests and responses of files of definitions, and the body of a job as such a file needs it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import Field, ValidationError

from auxiliares import AutomacaoError
from services.definition_file import FORMAT_VERSION
from services.definition_import import Chosen, Entry, ImportState
from services.job_versions import sql_difference
from services.jobs import JobFields
from webapi.job_schemas import JobCreate
from webapi.job_version_schemas import FieldDiff
from webapi.requests import refuse_invalid
from webapi.schemas import CommaList, FieldProblem, Model, Name

MAX_JOBS = 500
JobNumbers = Annotated[list[int], CommaList, Field(max_length=MAX_JOBS)]
_INHERITED = {name for base in JobCreate.__bases__ for name in getattr(base, "model_fields", ())}


class DefinitionVersionUnknown(AutomacaoError):
    """The file is of a version that this server does not read."""

    code: ClassVar[str] = "definition_version_unknown"
    status: ClassVar[int] = 422


class JobBody:
    """The request that makes a job: its own members come first, then those of its parts."""

    members: Collection[str] = sorted(JobCreate.model_fields, key=lambda name: name in _INHERITED)

    def fields(self, body: Mapping[str, Any]) -> JobFields:
        try:
            return cast("JobFields", JobCreate.model_validate(body).model_dump())
        except ValidationError as exc:
            refuse_invalid(exc)

    def short(self, body: Mapping[str, Any]) -> dict[str, Any]:
        # What was adopted from the existing system may have no query; absent and none are the same.
        given = {name: value for name, value in body.items() if value is not None}
        model = JobCreate.model_validate({"sql_script": "", **given})
        dumped = model.model_dump(mode="json", exclude_defaults=True)
        return {name: dumped[name] for name in self.members if name in dumped}


class DefinitionsQuery(Model):
    """Which jobs; none named: all."""

    job_id: JobNumbers = Field(default_factory=list)


class Definitions(Model):
    """A file of definitions. A job is the body that makes it, without members that are as by
    default; `connection`, `target_connection`, `calendar`, `parameter`, `job` in `after` and
    `target` in `targets` are names; a query may be a list of its lines."""

    version: int
    jobs: Annotated[list[dict[str, Any]], Field(max_length=MAX_JOBS)]

    def checked(self) -> Sequence[Mapping[str, Any]]:
        """The jobs. Raises DefinitionVersionUnknown."""
        if self.version != FORMAT_VERSION:
            raise DefinitionVersionUnknown(
                f"The file has version {self.version}, this server reads {FORMAT_VERSION}. Export "
                "it again with a server like this one, or update this server."
            )
        return self.jobs


class ChosenJob(Model):
    """A job of the file. `revision`: the one the dry run told, null where it told none; the job
    must still be so. Absent: it may be anything."""

    job_name: Name
    revision: int | None = None

    def chosen(self) -> Chosen:
        return Chosen(self.job_name, self.revision, "revision" in self.model_fields_set)


class DefinitionImportIn(Definitions):
    """`chosen`: which jobs of the file to import; absent or null: all."""

    chosen: Annotated[list[ChosenJob] | None, Field(max_length=MAX_JOBS)] = None


class DefinitionOutcome(Model):
    """What becomes of a job of the file, by its place there. `fields` and `sql` say what changes
    of one that is there; `revision` is that of before."""

    index: int
    job_name: str
    state: ImportState
    job_id: int | None
    revision: int | None
    fields: list[FieldDiff]
    sql: str
    errors: list[FieldProblem]

    @classmethod
    def of(cls, entry: Entry, *, is_saved: bool) -> Self:
        """The number of a new job only where it stays."""
        is_new = entry.state == ImportState.NEW
        shows_number = is_saved or not is_new
        return cls(
            index=entry.index,
            job_name=entry.job_name,
            state=entry.state,
            job_id=entry.job_id if shows_number else None,
            revision=entry.revision,
            fields=[
                FieldDiff(field=one.field, before=one.before, after=one.after)
                for one in entry.differences
            ],
            sql=sql_difference(entry.before, entry.after) if entry.differences else "",
            errors=[FieldProblem(**one) for one in entry.errors],
        )


class DefinitionOutcomes(Model):
    """`proposed`: the caller may not change jobs; what is new or changed waits for approval."""

    proposed: bool
    jobs: list[DefinitionOutcome]

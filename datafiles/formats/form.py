"""The form of a file: format, compression and dialect; what follows from it, and its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from auxiliares import AutomacaoError, FieldError
from datafiles.manifest import ManifestColumn, decimal_places
from dialects.dialect import ColumnChoice, Dialect
from dialects.native_rows import NativeRows, are_identifiers, unique_names
from vocabulary import Compression, FileFormat

TEXT_FORMATS: Final = frozenset(
    {FileFormat.CSV, FileFormat.TSV, FileFormat.JSON, FileFormat.NDJSON}
)
DELIMITED_FORMATS: Final = frozenset({FileFormat.CSV, FileFormat.TSV})
MEDIA_TYPES: Final[Mapping[FileFormat, str]] = {
    FileFormat.CSV: "text/csv",
    FileFormat.TSV: "text/tab-separated-values",
    FileFormat.JSON: "application/json",
    FileFormat.NDJSON: "application/x-ndjson",
    FileFormat.PARQUET: "application/vnd.apache.parquet",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
COMPRESSED_MEDIA_TYPES: Final[Mapping[Compression, str]] = {
    Compression.GZIP: "application/gzip",
    Compression.ZSTD: "application/zstd",
    Compression.ZIP: "application/zip",
}
_EXTENSIONS: Final[Mapping[Compression, str]] = {
    Compression.NONE: "",
    Compression.GZIP: ".gz",
    Compression.ZSTD: ".zst",
    Compression.ZIP: ".zip",
}
# The members of a form that its extension follows from.
EXTENSION_MEMBERS: Final = ("file_format", "compression")
# Every extension an export may have; the dataset's name is the path without it.
EXTENSIONS: Final = frozenset(
    f".{format_}{end}"
    for format_ in FileFormat
    for end in (_EXTENSIONS.values() if format_ in TEXT_FORMATS else ("",))
)


class FileFormInvalid(AutomacaoError):
    """Format and compression do not exist, or not together."""

    code: ClassVar[str] = "file_form_invalid"
    status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class FileForm:
    """How a version's file is written."""

    file_format: FileFormat = FileFormat.CSV
    compression: Compression = Compression.NONE
    dialect: Dialect = field(default_factory=Dialect)

    @classmethod
    def of(cls, file_format: str, compression: str, dialect: Dialect) -> Self:
        """The form of a job's words. Raises FileFormInvalid."""
        if file_format not in [*FileFormat]:
            raise _refusal("file_format", f"file_format must be one of: {', '.join(FileFormat)}.")
        if compression not in [*Compression]:
            raise _refusal("compression", f"compression must be one of: {', '.join(Compression)}.")
        form = cls(FileFormat(file_format), Compression(compression), dialect)
        if form.compression is not Compression.NONE and form.file_format not in TEXT_FORMATS:
            raise _refusal(
                "compression", f"A file of {file_format} is compressed by itself; choose none."
            )
        if form.file_format is FileFormat.TSV:
            return replace(form, dialect=replace(dialect, delimiter="\t"))
        return form

    @classmethod
    def of_manifest(cls, form: Mapping[str, Any]) -> Self:
        """The form a version was written in, also one from before there were dialects."""
        members = {name: form[name] for name in _MEMBERS if name in form}
        if "date_style" in form:
            members["date_format"] = form["date_style"]
        if "columns" in members:
            members["columns"] = tuple(ColumnChoice(c["name"], c["as"]) for c in form["columns"])
        return cls(
            FileFormat(form.get("file_format", FileFormat.CSV)),
            Compression(form.get("compression", Compression.NONE)),
            Dialect(**members),
        )

    @property
    def is_delimited(self) -> bool:
        """True when the source itself writes the lines of the file."""
        return self.file_format in DELIMITED_FORMATS

    @property
    def extension(self) -> str:
        """With its dot: `.csv`, `.ndjson.zst`."""
        return f".{self.file_format}{_EXTENSIONS[self.compression]}"

    def native_rows(self, columns: Sequence[ManifestColumn]) -> NativeRows | None:
        """What a source may write instead of the lines of `source_dialect`."""
        if self.file_format is FileFormat.PARQUET:
            return NativeRows.BINARY
        if self.is_delimited:
            has_commas = self.dialect.decimal_mark == "," and "." not in self.dialect.null_text
            return NativeRows.POINTS if has_commas and decimal_places(columns) else None
        is_json = self.file_format in {FileFormat.JSON, FileFormat.NDJSON}
        names = unique_names([column.name for column in columns])
        return NativeRows.JSON if is_json and are_identifiers(names) else None

    @property
    def media_type(self) -> str:
        if self.compression is Compression.NONE:
            return MEDIA_TYPES[self.file_format]
        return COMPRESSED_MEDIA_TYPES[self.compression]

    @property
    def source_dialect(self) -> Dialect:
        """How the source must write: as the file has it, or exactly, for a writer to convert."""
        if self.is_delimited:
            return self.dialect
        return exact_dialect(self)

    def manifest(self) -> dict[str, Any]:
        """The JSON form that is kept with a version."""
        return {
            "file_format": self.file_format.value,
            "compression": self.compression.value,
            **self.dialect.members(),
        }


def exact_dialect(form: FileForm) -> Dialect:
    """Every digit and moment, for writers that convert; the columns are the file's own.

    Moments with a zone keep their offset in texts, are UTC in Parquet, which has a type for them,
    and the wall clock of the job's zone in sheets, which know no zones.
    """
    is_parquet = form.file_format is FileFormat.PARQUET
    return Dialect(
        delimiter=",",
        date_format="iso",
        header=False,
        unencodable=form.dialect.unencodable,
        zone_offset=form.file_format not in {FileFormat.PARQUET, FileFormat.XLSX},
        columns=form.dialect.columns,
        time_zone="UTC" if is_parquet else form.dialect.time_zone,
    )


def without_extension(name: str) -> str:
    """The name without the longest extension an export may have."""
    found = [end for end in EXTENSIONS if name.endswith(end)]
    return name.removesuffix(max(found, key=len)) if found else name


def differs_in_extension(one: Path, other: Path) -> bool:
    """Whether two exported files have one name, written in two formats."""
    return one != other and _bare(one) == _bare(other)


def _bare(path: Path) -> Path:
    return path.with_name(without_extension(path.name))


_MEMBERS: Final = frozenset(Dialect().members())


def _refusal(field_name: str, message: str) -> FileFormInvalid:
    code = FileFormInvalid.code
    return FileFormInvalid(
        message, errors=[FieldError(field=field_name, code=code, message=message)]
    )

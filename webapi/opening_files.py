"""Files that open a dataset in Excel and Power BI, with this server's address and no key."""

from __future__ import annotations

from typing import ClassVar, Final
from urllib.parse import quote

from flask import Response, request

from auxiliares import AutomacaoError
from datafiles.names import requested_dataset_name
from datafiles.odata.opening_files import MEDIA_TYPES, OpeningFile, opening_file
from services.datasets import DatasetNotFound
from webapi.access import Rule, access
from webapi.odata import ROOT
from webapi.odata_sets import readable_sets
from webapi.resource import resource
from webapi.schemas import Model

bp = resource("opening_files", __name__, tag="data")


class OpeningFileUnknown(AutomacaoError):
    """The name ends in nothing that Excel or Power BI open."""

    code: ClassVar[str] = "opening_file_unknown"
    status: ClassVar[int] = 404


class OpeningFilePath(Model):
    """A dataset's name with `.odc`, `.pbids` or `.pq` behind it."""

    name: str


FILE_ANSWER: Final = {
    "description": "The file",
    "content": {
        kind.partition(";")[0]: {"schema": {"type": "object" if "json" in kind else "string"}}
        for kind in MEDIA_TYPES.values()
    },
}


@bp.get("/api/data/open/<path:name>", responses={200: FILE_ANSWER})
@access(Rule.DATA_READER)
def download_opening_file(path: OpeningFilePath) -> Response:
    """A file that opens the dataset: .odc in Excel, .pbids in Power BI, .pq as Power Query text."""
    stem, _, end = path.name.rpartition(".")
    if end not in [*OpeningFile]:
        raise OpeningFileUnknown(
            f"Write one of {', '.join(f'.{kind}' for kind in OpeningFile)} behind the name."
        )
    wanted = requested_dataset_name(stem).casefold()
    for name, dataset in readable_sets().items():
        if dataset.casefold() == wanted:
            return _file(OpeningFile(end), name, dataset)
    raise DatasetNotFound(f'Dataset "{stem}" not found')


def _file(kind: OpeningFile, name: str, dataset: str) -> Response:
    address = f"{request.url_root.rstrip('/')}{ROOT}{quote(name)}"
    response = Response(opening_file(kind, name, address), content_type=MEDIA_TYPES[kind])
    file_name = quote(f"{dataset.rpartition('/')[2]}.{kind}")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{file_name}"
    return response

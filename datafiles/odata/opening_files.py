"""Files that open a dataset in Excel and Power BI by a double click; none holds a secret.

Excel's is an Office Data Connection whose query is Power Query text (MS-ODCFF 2.7.1.1, MS-QDEIF),
Power BI's a .pbids file. Both programs ask for the key once and keep it in their own store.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Final
from xml.sax.saxutils import escape

ROW_NUMBER: Final = "RowNumber"


class OpeningFile(StrEnum):
    """Which program it is for, by the end of its name."""

    EXCEL = "odc"
    POWER_BI = "pbids"
    POWER_QUERY = "pq"


MEDIA_TYPES: Final = {
    OpeningFile.EXCEL: "text/x-ms-odc; charset=utf-8",
    OpeningFile.POWER_BI: "application/json",
    OpeningFile.POWER_QUERY: "text/plain; charset=utf-8",
}


def opening_file(kind: OpeningFile, name: str, address: str) -> str:
    """The text of the file; `name` is that of the entity set, `address` its own."""
    match kind:
        case OpeningFile.EXCEL:
            return _odc(name, address)
        case OpeningFile.POWER_BI:
            return _pbids(address)
        case OpeningFile.POWER_QUERY:
            return power_query(address)


def power_query(address: str) -> str:
    """The query that loads the entity set with its types, without the number of the row."""
    return (
        "let\n"
        f'    Source = OData.Feed({_text(address)}, null, [Implementation = "2.0"]),\n'
        f"    Data = Table.RemoveColumns(Source, {{{_text(ROW_NUMBER)}}}, MissingField.Ignore)\n"
        "in\n"
        "    Data\n"
    )


def _text(value: str) -> str:
    """A text of Power Query, which knows `#(` as an escape."""
    return '"' + value.replace('"', '""').replace("#(", "#(#)(") + '"'


def _pbids(address: str) -> str:
    connection = {
        "details": {"protocol": "odata", "address": {"url": address}},
        "options": {},
        "mode": "Import",
    }
    return json.dumps({"version": "0.1", "connections": [connection]}, indent=2) + "\n"


def _odc(name: str, address: str) -> str:
    formula = power_query(address).replace("]]>", "]]]]><![CDATA[>")
    mashup = (
        '<Mashup xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns="http://schemas.microsoft.com/DataMashup">'
        "<Client>EXCEL</Client><Version>2.116.622.0</Version><MinVersion>2.21.0.0</MinVersion>"
        "<Culture>en-US</Culture><SafeCombine>true</SafeCombine>"
        f"<Items><Query Name={_attribute(name)}><Formula><![CDATA[{formula}]]></Formula>"
        '<IsParameterQuery xsi:nil="true" /><IsDirectQuery xsi:nil="true" />'
        "</Query></Items></Mashup>"
    )
    connection = (
        f'Provider=Microsoft.Mashup.OleDb.1;Data Source=$Workbook$;Location="{name}";'
        'Extended Properties=""'
    )
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns="http://www.w3.org/TR/REC-html40">\n<head>\n'
        '<meta http-equiv="Content-Type" content="text/x-ms-odc; charset=utf-8">\n'
        '<meta name="ProgId" content="ODC.Database">\n'
        '<meta name="SourceType" content="OLEDB">\n'
        f"<title>{escape(name)}</title>\n"
        '<xml id="docprops"><o:DocumentProperties '
        'xmlns:o="urn:schemas-microsoft-com:office:office" '
        f'xmlns="http://www.w3.org/TR/REC-html40"><o:Name>{escape(name)}</o:Name>'
        "</o:DocumentProperties></xml>\n"
        '<xml id="msodc"><odc:OfficeDataConnection '
        'xmlns:odc="urn:schemas-microsoft-com:office:odc" xmlns="http://www.w3.org/TR/REC-html40">'
        '<odc:PowerQueryConnection odc:Type="OLEDB">'
        f"<odc:ConnectionString>{escape(connection)}</odc:ConnectionString>"
        "<odc:CommandType>SQL</odc:CommandType>"
        f"<odc:CommandText>SELECT * FROM [{escape(name)}]</odc:CommandText>"
        "</odc:PowerQueryConnection>"
        f"<odc:PowerQueryMashupData>{escape(mashup)}</odc:PowerQueryMashupData>"
        "</odc:OfficeDataConnection></xml>\n</head>\n<body></body>\n</html>\n"
    )


def _attribute(value: str) -> str:
    return '"' + escape(value, {'"': "&quot;"}) + '"'

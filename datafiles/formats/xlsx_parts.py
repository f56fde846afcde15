"""The small parts of a workbook beside its sheets (ECMA-376, part 1, sections 12 and 18)."""

from __future__ import annotations

from typing import Final

from datafiles.formats.xlsx_cells import DATE_STYLE, MOMENT_STYLE
from dialects.dialect import Dialect

_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DAYS: Final = {
    "dmy": "dd/mm/yyyy",
    "mdy": "mm/dd/yyyy",
    "iso": "yyyy-mm-dd",
    "dmy_dots": "dd.mm.yyyy",
}
_CLOCKS: Final = {"fraction": "hh:mm:ss", "seconds": "hh:mm:ss", "minutes": "hh:mm"}


def parts_of(sheets: int, dialect: Dialect) -> dict[str, str]:
    """Name and text of each part; dates look as the dialect writes them."""
    numbers = range(1, sheets + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    named = "".join(f'<sheet name="Dados {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    if sheets == 1:
        named = '<sheet name="Dados" sheetId="1" r:id="rId1"/>'
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet"'
        f' Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    return {
        "[Content_Types].xml": (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
            f"{overrides}</Types>"
        ),
        "_rels/.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
            f' Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
            f"<sheets>{named}</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{related}'
            f'<Relationship Id="rId{sheets + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
            "</Relationships>"
        ),
        "xl/styles.xml": _styles(dialect),
    }


def _styles(dialect: Dialect) -> str:
    day = _DAYS[dialect.date_format]
    moment = f"{day} {_CLOCKS[dialect.time_format]}"
    # The place of a format in the list is its number in the cells.
    formats = {0: 0, DATE_STYLE: 164, MOMENT_STYLE: 165}
    used = "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"'
        f' applyNumberFormat="{int(number > 0)}"/>'
        for number in formats.values()
    )
    return (
        f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
        f'<numFmt numFmtId="164" formatCode="{day}"/>'
        f'<numFmt numFmtId="165" formatCode="{moment}"/></numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs><cellXfs count="3">{used}</cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )

import { dataPath } from "@/api/datasets";

export const KEY_MARK = "YOUR-API-KEY";

export interface Snippets {
  address: string;
  curl: string;
  pandas: string;
  powerquery: string;
  r: string;
  vba: string;
}

const quoted = (text: string) => text.replaceAll('"', '""');

/** Ready texts with the real address of this server. */
export function snippetsOf(origin: string, name: string): Snippets {
  const path = dataPath(name);
  const address = `${origin}${path}`;
  const file = name.split("/").at(-1) ?? name;
  return {
    address,
    curl: `curl --fail --header "X-API-Key: ${KEY_MARK}" --output "${file}.csv" "${address}?format=csv"`,
    pandas: [
      "import pandas as pd",
      "import requests",
      "",
      "answer = requests.get(",
      `    "${address}",`,
      `    headers={"X-API-Key": "${KEY_MARK}"},`,
      "    timeout=300,",
      ")",
      "answer.raise_for_status()",
      "data = pd.DataFrame(answer.json())",
      'print(answer.headers["X-Data-As-Of"], len(data))',
    ].join("\n"),
    r: [
      "library(httr2)",
      "",
      `answer <- request("${address}?format=csv&dialect=script") |>`,
      `  req_headers("X-API-Key" = "${KEY_MARK}") |>`,
      "  req_perform()",
      'data <- read.csv(text = resp_body_string(answer), encoding = "UTF-8", check.names = FALSE)',
    ].join("\n"),
    vba: [
      "' Reads the dataset into the sheet that is open; for Excel on Windows.",
      "Sub ReadDataset()",
      "    Dim request As Object, file As String, stream As Object",
      '    Set request = CreateObject("MSXML2.ServerXMLHTTP.6.0")',
      `    request.Open "GET", "${address}?format=xlsx", False`,
      `    request.setRequestHeader "X-API-Key", "${KEY_MARK}"`,
      "    request.send",
      "    If request.Status <> 200 Then Err.Raise vbObjectError, , request.responseText",
      `    file = Environ("TEMP") & "\\${quoted(file)}.xlsx"`,
      '    Set stream = CreateObject("ADODB.Stream")',
      "    stream.Type = 1",
      "    stream.Open",
      "    stream.Write request.responseBody",
      "    stream.SaveToFile file, 2",
      "    stream.Close",
      "    Dim target As Worksheet, book As Workbook",
      "    Set target = ActiveSheet",
      "    Set book = Workbooks.Open(file, ReadOnly:=True)",
      "    target.Cells.Clear",
      '    book.Worksheets(1).UsedRange.Copy target.Range("A1")',
      "    book.Close False",
      "End Sub",
    ].join("\n"),
    powerquery: [
      "let",
      `    Source = Json.Document(Web.Contents("${quoted(origin)}", [`,
      // The static base and RelativePath keep the refresh in the Power BI service working.
      `        RelativePath = "${quoted(path.slice(1))}",`,
      `        Headers = [#"X-API-Key" = "${KEY_MARK}"]`,
      "    ])),",
      "    Data = Table.FromRecords(Source)",
      "in",
      "    Data",
    ].join("\n"),
  };
}

export function isLocalOrigin(origin: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(origin).hostname);
}

import { dataPath } from "@/api/datasets";

export const KEY_MARK = "YOUR-API-KEY";

export interface Snippets {
  address: string;
  curl: string;
  pandas: string;
  powerquery: string;
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

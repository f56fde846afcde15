import { Checkbox, NativeSelect, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { DialectMembers } from "@/api/dialects";
import type { Dialect } from "@/api/job-output";
import type { ProfileListWire } from "@/api/wire";
import { membersOf, withMember, type Member } from "./dialect-members";

interface DialectSettingsProps {
  dialect: Dialect | null;
  known: ProfileListWire;
  isReadOnly: boolean;
  onChange: (dialect: Dialect) => void;
}

type ChoiceMember = Exclude<Member, "null_text" | "zone_offset" | "header" | "formula_guard">;
const FLAGS = ["header", "formula_guard", "zone_offset"] as const;

/** Every member of a dialect; what differs from the profile is kept, and nothing else. */
export function DialectSettings({ dialect, known, isReadOnly, onChange }: DialectSettingsProps) {
  const { t } = useTranslation();
  const members = membersOf(dialect, known.profiles);
  const set = <M extends Member>(member: M, value: DialectMembers[M]) =>
    onChange(withMember(dialect, known.profiles, member, value));
  const signs: Record<string, string> = {
    ",": t("dialect.delimiters.comma"),
    ";": t("dialect.delimiters.semicolon"),
    "\t": t("dialect.delimiters.tab"),
    "|": t("dialect.delimiters.pipe"),
  };
  const choice = <M extends ChoiceMember>(
    member: M,
    label: string,
    options: [value: DialectMembers[M], label: string][],
  ) => (
    <NativeSelect
      size="sm"
      label={label}
      disabled={isReadOnly}
      data={options.map(([value, label]) => ({ value, label }))}
      value={members[member]}
      onChange={(event) => set(member, event.currentTarget.value as DialectMembers[M])}
    />
  );
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
        {choice(
          "delimiter",
          t("dialect.delimiter"),
          known.delimiters.map((sign) => [sign, signs[sign] ?? sign]),
        )}
        {choice(
          "quote",
          t("dialect.quote"),
          known.quotes.map((sign) => [sign, sign]),
        )}
        {choice("decimal_mark", t("dialect.decimal_mark"), [
          [".", t("dialect.decimalMarks.point")],
          [",", t("dialect.decimalMarks.comma")],
        ])}
        {choice("date_format", t("dialect.date_format"), [
          ["dmy", t("dialect.dateFormats.dmy")],
          ["iso", t("dialect.dateFormats.iso")],
          ["mdy", t("dialect.dateFormats.mdy")],
          ["dmy_dots", t("dialect.dateFormats.dmy_dots")],
        ])}
        {choice("time_format", t("dialect.time_format"), [
          ["fraction", t("dialect.timeFormats.fraction")],
          ["seconds", t("dialect.timeFormats.seconds")],
          ["minutes", t("dialect.timeFormats.minutes")],
        ])}
        {choice("line_end", t("dialect.line_end"), [
          ["lf", t("dialect.lineEnds.lf")],
          ["crlf", t("dialect.lineEnds.crlf")],
        ])}
        {choice("encoding", t("dialect.encoding"), [
          ["utf-8", t("dialect.encodings.utf-8")],
          ["utf-8-bom", t("dialect.encodings.utf-8-bom")],
          ["windows-1252", t("dialect.encodings.windows-1252")],
          ["iso-8859-1", t("dialect.encodings.iso-8859-1")],
        ])}
        {choice("unencodable", t("dialect.unencodable"), [
          ["fail", t("dialect.unencodables.fail")],
          ["replace", t("dialect.unencodables.replace")],
        ])}
        <TextInput
          label={t("dialect.null_text")}
          readOnly={isReadOnly}
          value={members.null_text}
          onChange={(event) => set("null_text", event.currentTarget.value)}
        />
      </SimpleGrid>
      {FLAGS.map((flag) => (
        <Checkbox
          key={flag}
          label={t(`dialect.${flag}`)}
          disabled={isReadOnly}
          checked={members[flag]}
          onChange={(event) => set(flag, event.currentTarget.checked)}
        />
      ))}
    </Stack>
  );
}

import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { Sentence } from "@/api/occurrences";
import type { Catalogue } from "@/i18n/en";
import { useFormats } from "@/i18n/use-formats";
import { useWhyText } from "./use-why-text";

type Sentences = Catalogue["why"]["sentences"];

/** A sentence of the explanation in the reader's language; moments in the job's zone. */
export function useSentenceText(zone: string): (sentence: Sentence) => string {
  const { t, i18n } = useTranslation();
  const formats = useFormats();
  const whyText = useWhyText();
  return useCallback(
    (sentence) => {
      const { code, count, reason, reasons } = sentence;
      if (code === "reason" && reason !== null) return whyText(reason, reason);
      const form = count === 1 && i18n.exists(`why.sentences.${code}_one`) ? `${code}_one` : code;
      if (!i18n.exists(`why.sentences.${form}`)) return whyText(code, code);
      const moment = (at: Date | null) => (at === null ? "" : formats.dateTime(at, zone));
      const each = Object.entries(reasons ?? {}).map(
        ([key, times]) => `${formats.number(times)} × ${whyText(key, key).replace(/\.$/, "")}`,
      );
      return t(`why.sentences.${form as keyof Sentences}`, {
        n: formats.number(count ?? 0),
        ran: formats.number(sentence.ran ?? 0),
        by: sentence.by ?? "",
        holidays: sentence.holidays ?? "",
        reasons: formats.list(each),
        at: moment(sentence.at),
        since: moment(sentence.since),
        first: moment(sentence.first),
        last: moment(sentence.last),
        firstDay: sentence.firstDay === null ? "" : formats.day(sentence.firstDay),
        lastDay: sentence.lastDay === null ? "" : formats.day(sentence.lastDay),
      });
    },
    [t, i18n, formats, whyText, zone],
  );
}

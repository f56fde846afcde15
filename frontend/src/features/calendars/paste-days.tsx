import { Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addLines, OLD_AFTER_CALENDAR, type Calendar } from "@/api/calendars";
import { useFormats } from "@/i18n/use-formats";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";

/** Many days at once, out of lines of text or a CSV. */
export function PasteDays({ calendar, onClose }: { calendar: Calendar; onClose: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [text, setText] = useState("");
  const add = useAction({
    run: () => addLines(calendar.calendarId, text),
    invalidates: OLD_AFTER_CALENDAR,
    done: (count) => t("calendars.pasted", { count, n: formats.number(count) }),
    onDone: onClose,
    onFailed: () => true,
  });
  return (
    <FormModal
      title={t("calendars.paste")}
      submit={t("calendars.addDays")}
      size="lg"
      isBusy={add.isPending}
      error={add.error}
      onClose={onClose}
      onSubmit={(event) => {
        event?.preventDefault();
        add.mutate();
      }}
    >
      <Textarea
        label={t("calendars.lines")}
        description={t("calendars.linesHelp")}
        data-autofocus
        autosize
        minRows={8}
        maxRows={16}
        classNames={{ input: "mono" }}
        placeholder={"25/01/2027;Aniversário da cidade\n08/12;Imaculada Conceição"}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </FormModal>
  );
}

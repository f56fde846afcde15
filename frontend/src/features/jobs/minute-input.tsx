import { ActionIcon, Group, NumberInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

/** A minute that is not on the keys, for instance 7. */
export function MinuteInput({ onAdd }: { onAdd: (minute: number) => void }) {
  const { t } = useTranslation();
  const [minute, setMinute] = useState<number | string>("");
  const isValid = typeof minute === "number" && minute >= 0 && minute <= 59;
  const add = () => {
    if (!isValid) return;
    onAdd(minute);
    setMinute("");
  };
  return (
    <Group gap={4} wrap="nowrap">
      <NumberInput
        size="xs"
        w={110}
        min={0}
        max={59}
        clampBehavior="strict"
        allowDecimal={false}
        hideControls
        placeholder={t("schedule.otherMinute")}
        aria-label={t("schedule.otherMinute")}
        value={minute}
        onChange={setMinute}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
      />
      <ActionIcon
        variant="default"
        size={28}
        aria-label={t("schedule.addMinute")}
        disabled={!isValid}
        onClick={add}
      >
        <IconPlus size={14} />
      </ActionIcon>
    </Group>
  );
}

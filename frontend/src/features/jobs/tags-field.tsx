import { TagsInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { tagsQuery } from "@/api/tags";
import { useJobForm } from "./form-context";
import { asWritten, LONGEST_TAG, MOST_TAGS, withTyped } from "./tags";

/**
 * The tags of a job; those of other jobs are suggested, and spelled as they are there. What is
 * typed and not ended yet is one of them already, so that whoever saves loses nothing.
 */
export function TagsField({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const inUse = (useQuery(tagsQuery).data ?? []).map((one) => one.tag);
  const [ended, setEnded] = useState(form.values.tags);
  const now = useRef({ ended, typed: "" });
  const change = (part: Partial<typeof now.current>) => {
    now.current = { ...now.current, ...part };
    setEnded(now.current.ended);
    form.setFieldValue("tags", withTyped(now.current.ended, now.current.typed, inUse));
  };
  return (
    <TagsInput
      mt="md"
      label={t("job.tags")}
      description={t("job.tagsHelp")}
      placeholder={ended.length === 0 && !isReadOnly ? t("job.tagsPlaceholder") : undefined}
      data={inUse}
      maxTags={MOST_TAGS}
      maxLength={LONGEST_TAG}
      readOnly={isReadOnly}
      value={ended}
      error={form.errors.tags}
      onChange={(tags) => change({ ended: asWritten(tags, inUse) })}
      onSearchChange={(typed) => change({ typed })}
    />
  );
}

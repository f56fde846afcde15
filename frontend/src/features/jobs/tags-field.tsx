import { TagsInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { tagsQuery } from "@/api/tags";
import { useJobForm } from "./form-context";
import { asWritten, LONGEST_TAG, MOST_TAGS } from "./tags";

/** The tags of a job; those of other jobs are suggested, and spelled as they are there. */
export function TagsField({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const tags = form.values.tags;
  const inUse = (useQuery(tagsQuery).data ?? []).map((one) => one.tag);
  return (
    <TagsInput
      mt="md"
      label={t("job.tags")}
      description={t("job.tagsHelp")}
      placeholder={tags.length === 0 && !isReadOnly ? t("job.tagsPlaceholder") : undefined}
      data={inUse}
      maxTags={MOST_TAGS}
      maxLength={LONGEST_TAG}
      readOnly={isReadOnly}
      value={tags}
      error={form.errors.tags}
      onChange={(next) => form.setFieldValue("tags", asWritten(next, inUse))}
    />
  );
}

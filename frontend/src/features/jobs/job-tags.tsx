import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "./job-tags.module.css";

const SHOWN = 2;

interface TagButtonsProps {
  tags: readonly string[];
  onTag: (tag: string) => void;
}

/** The first tags of a job in one line of a list; a click leaves the jobs that have the tag. */
export function TagButtons({ tags, onTag }: TagButtonsProps) {
  const { t } = useTranslation();
  const rest = tags.slice(SHOWN);
  return (
    <span className={classes.tags}>
      {tags.slice(0, SHOWN).map((tag) => (
        <button
          key={tag}
          type="button"
          className={classes.tag}
          title={t("jobs.onlyTag", { tag })}
          onClick={() => onTag(tag)}
        >
          {tag}
        </button>
      ))}
      {rest.length > 0 && (
        <span className={classes.more} title={rest.join(", ")}>
          +{rest.length}
        </span>
      )}
    </span>
  );
}

/** All tags of a job, each leading to the jobs that have it. */
export function TagLinks({ tags }: { tags: readonly string[] }) {
  const { t } = useTranslation();
  return tags.map((tag) => (
    <Link
      key={tag}
      to="/jobs"
      search={{ tag }}
      className={classes.tag}
      title={t("jobs.onlyTag", { tag })}
    >
      {tag}
    </Link>
  ));
}

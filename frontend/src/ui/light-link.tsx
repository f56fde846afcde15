import { useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";

interface LightLinkProps {
  /** A path of this program; build it with `paths`. */
  href: string;
  className?: string | undefined;
  title?: string | undefined;
  children: ReactNode;
}

/**
 * A link for rows that are drawn by the thousand: the router's own link computes and observes the
 * location, which costs more than the rest of a row.
 */
export function LightLink({ href, className, title, children }: LightLinkProps) {
  const router = useRouter();
  const go = (event: MouseEvent) => {
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!isPlain) return;
    event.preventDefault();
    router.history.push(href);
  };
  return (
    <a href={href} className={className} title={title} onClick={go}>
      {children}
    </a>
  );
}

export const paths = {
  job: (jobId: number) => `/jobs/${jobId}`,
  run: (runId: number) => `/runs/${runId}`,
  dataset: (name: string) => `/datasets/${name.split("/").map(encodeURIComponent).join("/")}`,
};

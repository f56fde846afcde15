import { queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import { jobsQuery } from "./jobs";
import type { TagWire } from "./wire";

export interface TagInUse {
  tag: string;
  jobs: number;
}

/** The tags that jobs have, by the alphabet; read again whenever jobs are. */
export const tagsQuery = queryOptions({
  queryKey: [...jobsQuery.queryKey, "tags"],
  queryFn: ({ signal }): Promise<TagInUse[]> => get<TagWire[]>("/api/tags", undefined, signal),
});

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import type { Dialect } from "./job-output";
import type { DialectSampleWire, ProfileListWire } from "./wire";

export type Profile = ProfileListWire["profiles"][number];
export type ProfileName = Profile["name"];
/** Every member of a dialect that a person chooses. */
export type DialectMembers = Profile["dialect"];

/** The dialects with a name; they change with the product alone. */
export const profilesQuery = queryOptions({
  queryKey: ["dialects"],
  queryFn: ({ signal }) => get<ProfileListWire>("/api/dialects", undefined, signal),
  staleTime: Infinity,
});

/** A few rows of every type as a file of this dialect has them. */
export const sampleQuery = (dialect: Dialect) =>
  queryOptions({
    queryKey: ["dialects", "sample", dialect],
    queryFn: () => change<DialectSampleWire>("POST", "/api/dialects/sample", { dialect }),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    retry: false,
  });

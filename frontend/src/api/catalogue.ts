import { queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import type { CatalogueWire } from "./wire";

export interface CatalogueTable {
  schema: string;
  name: string;
  columns: string[];
}

/** Tables and columns a connection may read; none when the database does not tell. */
export const catalogueQuery = (connectionId: number) =>
  queryOptions({
    queryKey: ["connections", connectionId, "catalogue"],
    queryFn: async ({ signal }): Promise<CatalogueTable[]> => {
      const path = `/api/connections/${connectionId}/catalogue`;
      const wire = await get<CatalogueWire>(path, undefined, signal);
      return wire.tables.map((table) => ({
        schema: table.schema,
        name: table.name,
        columns: table.columns.map((column) => column.name),
      }));
    },
    staleTime: 5 * 60_000,
    retry: false,
  });

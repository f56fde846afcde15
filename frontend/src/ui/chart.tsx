import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

export interface ChartProps {
  label: string;
  /** Oldest first. */
  points: { at: Date; value: number }[];
}

const View = lazy(async () => ({ default: (await import("./chart-view")).ChartView }));

/** A line over time; comes when it is needed. */
export function Chart(props: ChartProps) {
  return (
    <Suspense fallback={<Skeleton height={180} />}>
      <View {...props} />
    </Suspense>
  );
}

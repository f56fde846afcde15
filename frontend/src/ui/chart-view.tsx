import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useFormats } from "@/i18n/use-formats";
import type { ChartProps } from "./chart";

const HEIGHT = 180;

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function ChartView({ label, points }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const formats = useFormats();
  const scheme = useComputedColorScheme();
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const axis = {
      stroke: color("--mantine-color-dimmed"),
      grid: { stroke: color("--asql-line"), width: 1 },
      ticks: { show: false },
      font: "11px Inter Variable, sans-serif",
    };
    const stroke = scheme === "dark" ? "#35aca1" : "#0b7a75";
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false },
        axes: [
          {
            ...axis,
            values: (_, seconds) => seconds.map((n) => formats.dateTime(new Date(n * 1000))),
            space: 130,
          },
          { ...axis, size: 64, values: (_, values) => values.map((n) => formats.number(n, 1)) },
        ],
        scales: { y: { range: (_, low, high) => [Math.min(0, low), high === 0 ? 1 : high * 1.1] } },
        series: [{}, { stroke, width: 2, fill: `${stroke}22`, points: { size: 5, fill: stroke } }],
      },
      [points.map(({ at }) => at.getTime() / 1000), points.map(({ value }) => value)],
      element,
    );
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [points, formats, scheme]);
  return <div ref={host} role="img" aria-label={label} style={{ height: HEIGHT, minWidth: 0 }} />;
}

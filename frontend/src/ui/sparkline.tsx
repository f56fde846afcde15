import type { RunState } from "@/lib/run-state";

interface SparkPoint {
  value: number | null;
  state: RunState;
}

const WIDTH = 84;
const HEIGHT = 22;
const BAR = 5;
const GAP = 2;
const MOST = Math.floor(WIDTH / (BAR + GAP));

const TONES: Record<RunState, string> = {
  queued: "var(--asql-wait)",
  running: "var(--asql-busy)",
  succeeded: "var(--asql-good)",
  failed: "var(--asql-bad)",
  cancelled: "var(--asql-quiet)",
  interrupted: "var(--asql-warn)",
};

/** Bars, the newest on the right; a failed run is a full red bar with a notch. */
export function Sparkline({ points, label }: { points: SparkPoint[]; label: string }) {
  const shown = points.slice(-MOST);
  const top = Math.max(1, ...shown.map((point) => point.value ?? 0));
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={label} style={{ display: "block" }}>
      <title>{label}</title>
      {shown.map((point, index) => {
        const isGood = point.state === "succeeded" || point.state === "running";
        const height = isGood ? Math.max(3, ((point.value ?? 0) / top) * HEIGHT) : HEIGHT;
        const x = WIDTH - (shown.length - index) * (BAR + GAP);
        return (
          <rect
            key={index}
            x={x}
            y={HEIGHT - height}
            width={BAR}
            height={height}
            rx={1.5}
            fill={TONES[point.state]}
            opacity={isGood ? 0.75 : 0.95}
            strokeDasharray={isGood ? undefined : "2 2"}
          />
        );
      })}
    </svg>
  );
}

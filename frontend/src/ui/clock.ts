import { useSyncExternalStore } from "react";

// One ticking clock for every relative time on the page, one second apart.
const listeners = new Set<() => void>();
let now = new Date();
let timer: number | undefined;

function tick(): void {
  now = new Date();
  listeners.forEach((tell) => tell());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = new Date();
    timer = window.setInterval(tick, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The present, in steps of `stepS` seconds so that slow texts do not render every second. */
export function useNow(stepS = 1): Date {
  const step = stepS * 1000;
  const value = useSyncExternalStore(subscribe, () => Math.floor(now.getTime() / step) * step);
  return new Date(value);
}

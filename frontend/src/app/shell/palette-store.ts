type Listener = () => void;
const listeners = new Set<Listener>();

/** Opens the palette from anywhere. */
export function openPalette(): void {
  listeners.forEach((tell) => tell());
}

export function onOpenPalette(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

import { notifications } from "@mantine/notifications";

/** It happened. */
export function toastDone(message: string): void {
  notifications.show({ message, color: "brand", autoClose: 5000 });
}

/** It did not happen; stays until it is closed. */
export function toastFailed(title: string, message: string): void {
  notifications.show({ title, message, color: "red", autoClose: 12_000 });
}

import { queryOptions } from "@tanstack/react-query";
import { change, get } from "./client";
import { momentOrNull } from "./convert";
import type { DeliveryWire } from "./wire";

export type DeliveryState = DeliveryWire["state"];

/** A version on its way to a target. */
export interface Delivery {
  deliveryId: number;
  targetName: string;
  path: string;
  state: DeliveryState;
  attempt: number;
  errorCode: string | null;
  errorMessage: string | null;
  nextTryAt: Date | null;
  sizeBytes: number | null;
}

function toDelivery(wire: DeliveryWire): Delivery {
  return {
    deliveryId: wire.delivery_id,
    targetName: wire.target_name,
    path: wire.path,
    state: wire.state,
    attempt: wire.attempt,
    errorCode: wire.error_code,
    errorMessage: wire.error_message,
    nextTryAt: momentOrNull(wire.next_try_at),
    sizeBytes: wire.size_bytes,
  };
}

export const deliveriesQuery = (runId: number) =>
  queryOptions({
    queryKey: ["runs", "deliveries", runId],
    queryFn: async ({ signal }) =>
      (await get<DeliveryWire[]>(`/api/runs/${runId}/deliveries`, undefined, signal)).map(
        toDelivery,
      ),
  });

export async function retryDelivery(deliveryId: number): Promise<void> {
  await change("POST", `/api/deliveries/${deliveryId}/retry`);
}

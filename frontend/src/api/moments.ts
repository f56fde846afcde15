import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { ScheduleText } from "@/lib/schedule";
import { change } from "./client";
import { moment } from "./convert";
import type { MomentsWire } from "./wire";

/** A plan that need not be saved. */
export interface ProposedPlan {
  schedule: ScheduleText;
  cronText: string | null;
  everyMinutes: number | null;
  startsOn: string | null;
  endsOn: string | null;
  timeZone: string | null;
}

export const NEXT_MOMENTS = 5;

/** The next moments of a plan, by the server that will keep to it. */
export const momentsQuery = (plan: ProposedPlan) =>
  queryOptions({
    queryKey: ["moments", plan],
    queryFn: async () => {
      const wire = await change<MomentsWire>("POST", "/api/schedule/preview", {
        ...(plan.schedule.slots === undefined
          ? { day: plan.schedule.day, hour: plan.schedule.hour, minute: plan.schedule.minute }
          : { slots: plan.schedule.slots }),
        cron_text: plan.cronText,
        every_minutes: plan.everyMinutes,
        starts_on: plan.startsOn,
        ends_on: plan.endsOn,
        time_zone: plan.timeZone,
        count: NEXT_MOMENTS,
      });
      return wire.moments.map(moment);
    },
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    retry: false,
  });

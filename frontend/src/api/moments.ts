import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { ScheduleText } from "@/lib/schedule";
import { change } from "./client";
import { moment, momentOrNull } from "./convert";
import type { JobPlan } from "./job-plan";
import type { MomentsWire } from "./wire";

/** A plan that need not be saved. */
export interface ProposedPlan extends Pick<
  JobPlan,
  | "cronText"
  | "everyMinutes"
  | "startsOn"
  | "endsOn"
  | "businessDays"
  | "calendarId"
  | "offDayPolicy"
> {
  schedule: ScheduleText;
  timeZone: string | null;
}

/** A time on a day that is no business day; it moves, or it is left out. */
export interface OffMoment {
  at: Date;
  /** Null: a day of the weekend. */
  holiday: string | null;
  movesTo: Date | null;
}

export interface Moments {
  moments: Date[];
  off: OffMoment[];
}

export const NEXT_MOMENTS = 5;

/** The next moments of a plan, by the server that will keep to it. */
export const momentsQuery = (plan: ProposedPlan) =>
  queryOptions({
    queryKey: ["moments", plan],
    queryFn: async (): Promise<Moments> => {
      const wire = await change<MomentsWire>("POST", "/api/schedule/preview", {
        ...(plan.schedule.slots === undefined
          ? { day: plan.schedule.day, hour: plan.schedule.hour, minute: plan.schedule.minute }
          : { slots: plan.schedule.slots }),
        cron_text: plan.cronText,
        every_minutes: plan.everyMinutes,
        starts_on: plan.startsOn,
        ends_on: plan.endsOn,
        business_days: plan.businessDays,
        calendar_id: plan.calendarId,
        off_day_policy: plan.offDayPolicy,
        time_zone: plan.timeZone,
        count: NEXT_MOMENTS,
      });
      const off = wire.off.map((one) => ({
        at: moment(one.moment),
        holiday: one.holiday,
        movesTo: momentOrNull(one.moves_to),
      }));
      return { moments: wire.moments.map(moment), off };
    },
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    retry: false,
  });

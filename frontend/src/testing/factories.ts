import type {
  ConnectionWire,
  JobDetailWire,
  JobListItemWire,
  MeWire,
  OverviewWire,
  ProfileListWire,
  ReadinessWire,
  RunDetailWire,
  RunWire,
} from "@/api/wire";

const AT = "2026-03-02T12:00:00Z";

export const me = (role: "root" | "moderator" | "normal", username: string = role): MeWire => ({
  authenticated: true,
  username,
  role,
});

export function runWire(change: Partial<RunWire> = {}): RunWire {
  return {
    run_id: 7,
    job_id: 1,
    job_name: "Vendas",
    due_at: AT,
    trigger: "schedule",
    attempt: 1,
    state: "succeeded",
    reason: null,
    queued_at: AT,
    started_at: AT,
    finished_at: "2026-03-02T12:00:02Z",
    duration_ms: 2000,
    rows: 1234,
    size_bytes: 50_000,
    bytes: 50_000,
    version: 3,
    error_code: null,
    error_message: null,
    requested_by: null,
    worker: "worker-1",
    warning: null,
    priority: 0,
    phase: null,
    waiting_for: null,
    not_before: null,
    holiday: null,
    reference_date: null,
    binds: null,
    window_start: null,
    window_end: null,
    gate_units: null,
    gate_deadline_at: null,
    backfill_id: null,
    caused_by_run_id: null,
    ...change,
  };
}

export function runDetailWire(change: Partial<RunDetailWire> = {}): RunDetailWire {
  return {
    ...runWire(),
    attempts: [],
    executed_sql: "select 1",
    cancel_requested_by: null,
    retry_at: null,
    progress: null,
    expected_duration_ms: null,
    expected_rows: null,
    ...change,
  };
}

const jobPolicyWire = {
  cron_text: null,
  every_minutes: null,
  starts_on: null,
  ends_on: null,
  business_days: null,
  calendar_id: null,
  off_day_policy: "run",
  paused_at: null,
  paused_by: null,
  missed_policy: "last",
  missed_cap: 24,
  missed_within_min: null,
  overlap_policy: "skip",
  priority: 0,
  retry_limit: null,
  no_progress_limit_s: null,
  after: [],
} satisfies Partial<JobListItemWire>;

const jobWindowWire = {
  last_data_date: null,
  gate_check_every_min: null,
  gate_deadline_min: null,
  gate_on_deadline: "fail",
} as const;

const jobOutputWire = {
  file_format: "csv",
  compression: "none",
  dialect: null,
  guards: null,
  versions_kept: null,
  versions_kept_days: null,
  key_columns: null,
  parallel_column: null,
  split: null,
  targets: [],
  job_kind: "export",
  target_connection_id: null,
  movement: null,
} satisfies Partial<JobListItemWire>;

export function jobWire(change: Partial<JobListItemWire> = {}): JobListItemWire {
  return {
    job_id: 1,
    job_name: "Vendas",
    tags: [],
    job_status: "Y",
    export_type: "Único",
    export_path: "loja",
    export_name: "vendas",
    days_offset: null,
    check_parameter: "N",
    parameter_id: null,
    data_primary_key: null,
    sql_script: "select 1",
    connection_id: 1,
    connection_name: "demo",
    time_zone: null,
    time_zone_effective: "America/Sao_Paulo",
    time_limit_s: null,
    ...jobPolicyWire,
    ...jobWindowWire,
    ...jobOutputWire,
    revision: 3,
    next_due_at: AT,
    created_at: AT,
    updated_at: AT,
    dataset: "loja/vendas",
    last_run: null,
    schedule: { day: "Seg", hour: "06", minute: "00", complete_hour: "06:00", slots: null },
    ...change,
  };
}

export function jobDetailWire(change: Partial<JobDetailWire> = {}): JobDetailWire {
  const schedule = { day: "Seg", hour: "06", minute: "00", slots: null };
  return { ...jobWire(), schedule, followed_by: [], parameter_sets: null, ...change };
}

export const connectionWire: ConnectionWire = {
  connection_id: 1,
  name: "demo",
  kind: "postgres",
  host: "db.example",
  port: 5432,
  database: "loja",
  dsn: null,
  username: "leitor",
  has_password: true,
  options: {},
  max_runs: null,
  quiet_start: null,
  quiet_end: null,
  is_writable: false,
  usable_roles: ["normal", "moderator"],
  usable_users: [],
  may_use: true,
  created_at: AT,
  updated_at: AT,
};

export const readinessWire: ReadinessWire = {
  ready: true,
  database: "ok",
  schema_current: true,
  embedded: true,
  scheduler_heartbeat_age_s: 2,
  workers: [{ name: "worker-1", is_scheduler: true, heartbeat_age_s: 2, clock_ahead_s: 0.01 }],
  clock_limit_s: 5,
  warnings: [],
};

export function overviewWire(change: Partial<OverviewWire> = {}): OverviewWire {
  return {
    now: AT,
    time_zone: "America/Sao_Paulo",
    day_start: "2026-03-02T03:00:00Z",
    day_end: "2026-03-03T03:00:00Z",
    states_today: {},
    failed: [],
    late: [],
    running: [],
    oldest_queued_at: null,
    today: [],
    planned: [],
    failed_notifications: [],
    active_jobs: 1,
    inactive_jobs: 0,
    ...change,
  };
}

export const profileListWire: ProfileListWire = {
  profiles: [
    {
      name: "legacy",
      about: "The file of the existing system.",
      dialect: {
        delimiter: ";",
        quote: '"',
        decimal_mark: ".",
        date_format: "dmy",
        time_format: "fraction",
        zone_offset: false,
        encoding: "utf-8",
        unencodable: "fail",
        null_text: "",
        header: true,
        line_end: "lf",
        formula_guard: false,
      },
    },
  ],
  delimiters: [";", ","],
  quotes: ['"'],
};

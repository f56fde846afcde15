-- What happened, in order, written by the database itself: nothing the product does later hides it.
create table chaos_runs (
    seen bigserial primary key,
    at timestamptz not null default clock_timestamp(),
    run_id bigint not null,
    job_id int,
    attempt int not null,
    before text,
    after text not null,
    retry_at timestamptz
);
create table chaos_pointers (
    seen bigserial primary key,
    at timestamptz not null default clock_timestamp(),
    dataset_id int not null,
    before bigint,
    after bigint
);
create table chaos_versions (
    seen bigserial primary key,
    at timestamptz not null default clock_timestamp(),
    version_id bigint not null,
    dataset_id int not null,
    run_id bigint,
    attempt int not null,
    file_name text not null,
    target_path text not null,
    size_bytes bigint not null,
    sha256 text not null,
    data_as_of timestamptz not null
);

create function chaos_see_run() returns trigger language plpgsql as $$
begin
    insert into chaos_runs (run_id, job_id, attempt, before, after, retry_at)
    values (new.run_id, new.job_id, new.attempt,
            case when tg_op = 'UPDATE' then old.state end, new.state, new.retry_at);
    return null;
end $$;
create trigger chaos_insert after insert on runs
    for each row execute function chaos_see_run();
create trigger chaos_update after update of state on runs
    for each row execute function chaos_see_run();

create function chaos_see_pointer() returns trigger language plpgsql as $$
begin
    insert into chaos_pointers (dataset_id, before, after)
    values (new.dataset_id, old.current_version_id, new.current_version_id);
    return null;
end $$;
create trigger chaos_pointer after update of current_version_id on datasets
    for each row execute function chaos_see_pointer();

create function chaos_see_version() returns trigger language plpgsql as $$
begin
    insert into chaos_versions (version_id, dataset_id, run_id, attempt, file_name, target_path,
                                size_bytes, sha256, data_as_of)
    values (new.version_id, new.dataset_id, new.run_id, new.attempt, new.file_name,
            new.target_path, new.size_bytes, new.sha256, new.data_as_of);
    return null;
end $$;
create trigger chaos_version after insert on dataset_versions
    for each row execute function chaos_see_version();

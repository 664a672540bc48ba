/** Counts up with every change of the tables; a store of another version is made again. */
export const schemaVersion = 2

export const schema = `
  create table runs (
    id text primary key, app text, env text, selection text, partition text, state text, started_at text,
    duration_ms real, pid integer, host text,
    -- How much of the log is in here, in bytes.
    log_bytes integer not null) without rowid;
  create table steps (
    run_id text, id text, pipeline text, node text, partitions text, state text, reason text, skip_reason text,
    because_of text, started_at text, duration_ms real, errors text, position integer,
    primary key (run_id, id)) without rowid;
  create index steps_by_node on steps (pipeline, node, run_id);
  create table checks (run_id text, step_id text, result text);
  create index checks_by_run on checks (run_id);
  create table materializations (
    run_id text, step_id text, asset text, version text, number integer, rows integer, rows_written integer,
    bytes_written integer, partitions_written integer, inputs text, address text, at text);
  create index materializations_by_run on materializations (run_id);
`

export interface Section {
  readonly title: string
  readonly text: string
  /** Of figures that miss their bar, by a part of their name: what a profile says of it. */
  readonly reasons: readonly (readonly [part: string, reason: string])[]
}

/** What docs/performance.md says beside its figures, in its order. */
export const sections: Readonly<Record<string, Section>> = {
  flights: {
    title: 'The example app against a script',
    text: `\`apps/flight-delays\`, built, with its history and leases on: 3M flights to six assets, of which three are partitioned by day. The other side is a script through DuckDB’s Node client that
writes the same files with the same checks and syncs, and is kept as fast as it gets.`,
    reasons: [
      [
        'whole process',
        'What the process does before and after its steps, which the script does not: the command, its configuration and the graph are loaded, leases taken, the record and log of the run written.',
      ],
      [
        'of the steps',
        'By threads, in 17 pairs: those that the engine computes in take as long as the script’s, 5.1 s, and differ by a fifth between two runs of either, which decides on which side of the bar a measurement ends; the thread of JavaScript takes 0.2 s more, most of it before the first step, V8’s own threads 0.05 s. By profile that is what is recorded: syncing and listing files, statistics and hashes of what was written, fingerprints, events.',
      ],
      [
        'peak memory',
        'Steps run side by side, where the script runs one statement after the other: with `--runner sequential` the peak is some 35 MiB lower.',
      ],
    ],
  },
  peers: {
    title: 'Beside Kedro and Dagster',
    text: `Three assets of 3M flights, one Parquet file each, with six checks; all sides make the same rows. Kedro runs its nodes one after the other on Polars, as its users write it; Dagster materializes in
its process, with its history in SQLite, and DuckDB computes in the version of our client. Both are called from a script, which spares them their own commands, and print no log lines. Neither syncs what it writes, publishes
atomically or keeps versions; the bare engine (DuckDB’s Node client) and Levada sync, and Levada checks all columns for NULL, too. Nodes that do nothing are measured in one process, the imports and a first round not counted: ours write their log.`,
    reasons: [
      [
        'against the bare engine',
        'The command takes a tenth of a second of CPU time to start, compose and record the run (see the section on starting), which weighs more here than with the six assets above.',
      ],
    ],
  },
  start: {
    title: 'Starting',
    text: 'The whole process of everyday commands, with a warm cache of compiled code, against `node -e 0`.',
    reasons: [
      [
        'levada',
        'Most of it is loading files: of the command and of core, of zod with the app’s schemas, and of DuckDB, whose library alone is 30 MB that have to be mapped and initialised.',
      ],
    ],
  },
  warm: {
    title: 'Nothing has changed',
    text: '`levada run` of 1,000 assets with 90 daily partitions each, all unchanged, the whole process; the other side is a Node that reads and parses the newest manifest of each.',
    reasons: [
      [
        'unchanged assets',
        'Of its time a third is starting and the author’s module (1,000 assets with their zod schemas), a sixth looking whether each asset still stands where it stood, an eighth the fingerprints of 1,000 nodes, a sixth the collection of garbage; most of that runs a thousand times only, before the compiler has made it fast. What was read of manifests is kept by the identity of their files, so that none is read again.',
      ],
    ],
  },
  'no-op': {
    title: 'What a step costs',
    text: 'Nodes that have nothing to do, in one process, in CPU time; 10,000 against 100 tells whether the cost of each grows with their number. The bar of 30 µs is an absolute time: in a slower hour on a machine of the same kind it was 47 µs. To record nothing is no option, since resuming, lineage and `levada runs` are made of what is recorded, so that there is no figure without.',
    reasons: [
      [
        'with all that is recorded',
        'A step is two events and a part of the record. By profile a seventh is writing them to files, an eighth making their lines (pino), a tenth looking whether the file that the node reads is there, a twelfth collecting garbage, a thirtieth looking at the memory that the node leaves; the rest is spread over some forty functions of the runner.',
      ],
    ],
  },
  plan: {
    title: 'Planning large graphs',
    text: 'A plan of everything when nothing is stored; composing the app is told beside it. Declaring its nodes is not counted, nor the garbage of that, which is collected before. Kedro composes the same graph, which it has to do before every run.',
    reasons: [
      [
        'composed and planned',
        'Composing is half of it. With 100,000 nodes most of the time goes into memory that is in no cache; the sort itself takes milliseconds.',
      ],
    ],
  },
  rows: {
    title: 'Rows in TypeScript',
    text: 'Whole processes: 3M rows of nine columns with NULLs read by a function node, against the client’s row iterator; 3M rows written by one, against the client’s appender.',
    reasons: [
      [
        'peak memory',
        'Node and DuckDB take about 120 MiB before the first row; the rest is the buffer of the Parquet reader and the young generation of JavaScript’s heap.',
      ],
      [
        'into a function node',
        'Objects are made for each row, as by the client; what is saved is the way of their values.',
      ],
      ['into an asset', 'Each row is copied, since the node may change it, and each value is checked.'],
    ],
  },
  memory: {
    title: 'Memory',
    text: `Peak resident memory of whole processes, told by themselves. 50M rows are staged into daily partitions with checks on every column and a key that is unique, and merged by key into as many; the engine may use 512 MB
(\`memory_limit\`), spills the rest, and its own need is taken to be that limit. The bare engine does the same statements at the same limit in the same run, and needs more than its limit, too: DuckDB does not count all that it allocates. A function
node reads 10M rows and writes as many, one row at a time; it waits when files are not written fast enough, so that at most two parts of half a million rows are held (a test stops the disk to see that).`,
    reasons: [
      [
        'of the whole process',
        'A process with DuckDB opened takes 120 MiB already, of which 90 MiB are the mapped code of Node and DuckDB. The rest is the young generation of JavaScript’s heap (about 50 MiB), the Parquet reader and writer (about 40 MiB each), two parts of rows (25 MiB each), and what malloc does not give back; smaller parts, heaps or arenas were tried, and save less than 60 MiB in all.',
      ],
      [
        'against the bare engine',
        'DuckDB’s peak at a limit differs between runs by about a tenth, as its threads spill in another order.',
      ],
    ],
  },
  dbt: {
    title: 'dbt through Levada',
    text: `\`dbt build\` of 300 views on DuckDB, in five layers, with four threads: \`createDbt().build()\` with all of its events taken, against dbt alone, whose output is read from a pipe as by a step of a shell. Each build has an
empty database and the project parsed by the build before, which dbt 1 makes use of. The call alone is measured, in a new process each time: Node is started and the package loaded before. Levada has dbt write one log, as
JSON at level debug, since dbt tells of nodes nowhere else; dbt alone prints the short one and writes the long one to a file.`,
    reasons: [
      [
        'CPU time of our process',
        'dbt writes 3,000 lines at level debug within three seconds. Of our time a third goes into taking events from them, in code that has just been loaded; the rest is what a new process does for the first time: reading YAML and results, starting processes.',
      ],
      [
        'against dbt alone',
        'The version of dbt is asked and the project’s YAML read before dbt starts, which takes about 50 ms. Single pairs are far off either way.',
      ],
    ],
  },
  'dbt-events': {
    title: 'Events of dbt',
    text: '200,000 lines of dbt’s log as events, in CPU time; lines recorded of dbt 1.11, each as often as it is in a real log. What has no use here is known by its name, and not parsed.',
    reasons: [],
  },
}

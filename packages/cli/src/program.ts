import { readFileSync } from 'node:fs'
import { Argument, Command } from '@commander-js/extra-typings'

type Exit = (code: number) => void

const version = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
    .version

const repeat = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
]

/** Given twice, the values of several dimensions add up, and two of one are an error. */
const joined = (value: string, before: string | undefined): string =>
  before === undefined ? value : `${before},${value}`

/**
 * The command line. Each command's code is loaded when it is called.
 * @param words the command line; of a command that the first names no other is made, since all of them take longer than most of what is asked
 */
export function createProgram(exit: Exit, words: readonly string[] = []): Command {
  const [named] = words
  const program = new Command('levada')
    .description('Data pipelines as versioned packages: run, plan, check and look at them.')
    .version(version())
    // `--version` of a command is its own.
    .enablePositionalOptions()
    .exitOverride()
    // Errors of the command line are printed as all others are. Who reads no further, as `head`, ends no console.
    .configureOutput({ outputError: () => {}, writeOut: (text) => console.log(text.replace(/\n$/, '')) })
    .addHelpText(
      'after',
      '\nExample:\n  $ levada run +delays.airport\n\nExit codes: 0 done, 1 the work failed, 2 it could not be tried, 130 interrupted',
    )

  const command = <const N extends string>(
    name: N,
    description: string,
    example: string,
    env = 'environment, a folder of conf/ (default: dev)',
  ) =>
    program
      .command(name)
      .description(description)
      .option('--env <name>', env)
      .option('--app <folder>', 'the app (default: the nearest levada.config.ts above)')
      .option('--json', 'print JSON')
      .exitOverride()
      .addHelpText('after', `\nExample:\n  $ levada ${example}`)

  const commands: Readonly<Record<string, () => void>> = {
    run: () => {
      command(
        'run [selection...]',
        'run what the selection names; everything when it is left out',
        'run delays.airport --param delays.late_after_minutes=20',
      )
        .option('--assets <a,b>', 'these assets only')
        .option('--tags <x,y>', 'assets with these tags')
        .option('--job <name>', 'what a job of levada.config.ts selects, as job:<name>')
        .option('--exclude <selection>', 'take this away; repeatable', repeat)
        .option(
          '--partition <value>',
          'rewrite these only: 2001-03-04, 2001-01-01..2001-03-31, flight_date=2001-03-04,region=west',
          joined,
        )
        .option('--param <pipeline.name=value>', 'set a parameter; repeatable', repeat)
        .option('--force', 'run all that is selected, whether or not it changed')
        .option('--only-missing', 'run only what has nothing stored, whatever changed')
        .option(
          '--resume <run>',
          'do what is left of a run, with what it began to read: its id, a part of it, or latest',
        )
        .option('--runner <name>', 'sequential, concurrent, threads or process (default: concurrent)')
        .option('--wait [time]', 'wait for runs that write the same assets, 30s, 10m or as long as it takes')
        .option(
          '--retries <times>',
          'try steps again that fail of what may pass (default: as jobs.yml says, or 0)',
        )
        .option(
          '--retry-delay <time>',
          'before the first of them, 500ms, 30s, 5m; each is twice the last (default: 30s)',
        )
        .option('--step-timeout <time>', 'stop a step that takes longer, 90s, 30m or 2h (default: none does)')
        .option(
          '--timeout <time>',
          'stop the run when it takes longer; it has failed then (default: none does)',
        )
        .action(async (selection, options) =>
          exit(await (await import('./commands/run.ts')).run(selection, options, words)),
        )
    },
    backfill: () => {
      command(
        'backfill [selection...]',
        'write partitions that are missing or out of date, in chunks; run again to go on where it stopped',
        'backfill aviation.flights --partition 2001-01-01..2001-06-30 --chunk 30',
      )
        .option('--exclude <selection>', 'take this away; repeatable', repeat)
        .option(
          '--partition <range>',
          'of these: 2001-01-01..2001-06-30, 2001-01-01.. (default: from the start of the dimension; up to the last that is over)',
          joined,
        )
        .option('--chunk <partitions>', 'how many along time one step writes (default: 30)')
        .option(
          '--limit <steps>',
          'write the first so many chunks of each node, and leave the rest (default: all)',
        )
        .option('--max-failures <steps>', 'start no more when so many have failed (default: all that can)')
        .option('--dry-run', 'print what is missing or out of date, and write nothing')
        .option('--param <pipeline.name=value>', 'set a parameter; repeatable', repeat)
        .option('--force', 'write all, whether or not they changed')
        .option('--only-missing', 'write only what has nothing stored')
        .option('--runner <name>', 'sequential, concurrent, threads or process (default: concurrent)')
        .option('--wait [time]', 'wait for runs that write the same assets, 30s, 10m or as long as it takes')
        .option(
          '--retries <times>',
          'try steps again that fail of what may pass (default: as jobs.yml says, or 0)',
        )
        .option(
          '--retry-delay <time>',
          'before the first of them, 500ms, 30s, 5m; each is twice the last (default: 30s)',
        )
        .option('--step-timeout <time>', 'stop a step that takes longer, 90s, 30m or 2h (default: none does)')
        .option(
          '--timeout <time>',
          'stop the run when it takes longer; it has failed then (default: none does)',
        )
        .action(async (selection, options) =>
          exit(await (await import('./commands/backfill.ts')).backfill(selection, options, words)),
        )
    },
    plan: () => {
      command(
        'plan [selection...]',
        'what a run would do and why, without doing it',
        'plan +delays.airport --sql',
      )
        .option('--assets <a,b>', 'these assets only')
        .option('--tags <x,y>', 'assets with these tags')
        .option('--job <name>', 'what a job of levada.config.ts selects, as job:<name>')
        .option('--exclude <selection>', 'take this away; repeatable', repeat)
        .option(
          '--partition <value>',
          'these only: 2001-03-04, 2001-01-01..2001-03-31, flight_date=2001-03-04,region=west',
          joined,
        )
        .option('--param <pipeline.name=value>', 'set a parameter; repeatable', repeat)
        .option('--force', 'as a run of all that is selected, whether or not it changed')
        .option('--only-missing', 'as a run of only what has nothing stored')
        .option('--sql', 'print the SQL of each step')
        .option(
          '--record',
          'write the plan down as a run, for levada step, and print its id and steps as JSON; nothing of it runs',
        )
        .action(async (selection, options) =>
          exit(await (await import('./commands/plan.ts')).plan(selection, options)),
        )
    },
    dev: () => {
      command(
        'dev [asset]',
        'watch: on a change bind again, run what it concerns on a part of the rows, and show them; nothing is published',
        'dev aviation.flights --partition 2001-03-04',
      )
        .option('--node <name>', 'look at this node only (default: what a change concerns)')
        .option(
          '--partition <value>',
          'of these, 2001-03-04 or 2001-03-01..2001-03-07 (default: the latest that has as many rows as usual)',
          joined,
        )
        .option('--limit <rows>', 'how many rows to print (default: 10)')
        .option('--param <pipeline.name=value>', 'set a parameter; repeatable', repeat)
        .action(async (asset, options) => exit(await (await import('./commands/dev.ts')).dev(asset, options)))
    },
    check: () => {
      command(
        'check',
        'find what can be known to be wrong without running, in all environments',
        'check',
      ).action(async (options) => exit(await (await import('./commands/check.ts')).check(options)))
    },
    test: () => {
      command(
        'test [folders...]',
        'bind the SQL of pipeline packages, and run their tests (default: the package, app or workspace here)',
        'test pipelines/flights',
      ).action(async (folders, options) =>
        exit(await (await import('./commands/test.ts')).test(folders, options)),
      )
    },
    generate: () => {
      command(
        'generate [folders...]',
        'write src/ports.ts and contract.json of pipeline packages, and ports.ts of an app',
        'generate pipelines/flights',
      )
        .option('--check', 'write nothing; fail when something is stale')
        .action(async (folders, options) =>
          exit(await (await import('./commands/generate.ts')).generate(folders, options)),
        )
    },
    list: () => {
      command(
        'list [kind] [selection...]',
        'assets, pipelines, jobs, resources, selectors of the app (default: assets)',
        'list assets +delays.airport',
      ).action(async (kind, selection, options) =>
        exit(await (await import('./commands/list.ts')).list(kind, selection, options)),
      )
    },
    graph: () => {
      command(
        'graph [selection...]',
        'the nodes of a selection with what they read and write, in order',
        'graph +delays.airport --format mermaid',
      )
        .option('--exclude <selection>', 'take this away; repeatable', repeat)
        .option('--format <name>', 'text, mermaid, dot or json (default: text)')
        .action(async (selection, options) =>
          exit(await (await import('./commands/graph.ts')).graph(selection, options)),
        )
    },
    show: () => {
      command(
        'show <asset>',
        'one asset: schema, checks, version, rows',
        'show aviation.flights --partition 2001-03-04',
      )
        .option('--partition <value>', 'of these: 2001-03-04, or 2001-03-01..2001-03-31', joined)
        .option('--limit <rows>', 'how many rows to print (default: 10)')
        .option('--files', 'print the paths of the current files, nothing else')
        .option('--failed', 'the rows that failed checks in the latest run that has some')
        .action(async (asset, options) =>
          exit(await (await import('./commands/show.ts')).show(asset, options)),
        )
    },
    query: () => {
      command(
        'query <sql>',
        'SQL over the assets by name',
        'query "select * from delays.airport limit 3"',
      ).action(async (sql, options) => exit(await (await import('./commands/query.ts')).query(sql, options)))
    },
    dbt: () => {
      command(
        'dbt <words...>',
        'a command of dbt, with its options: of the app, whose environment says how, or of the project that you are in',
        'dbt build --select marts --env prod',
      )
        .option('--resource <name>', 'which, where the app has dbt several times among its resources')
        // Those of dbt are handed on.
        .allowUnknownOption()
        .action(async (given, options) => exit(await (await import('./commands/dbt.ts')).dbt(given, options)))
    },
    runs: () => {
      command(
        'runs [id]',
        'what ran, and what came of it; one run with its steps, checks and errors',
        'runs latest',
        'only of this environment, a folder of conf/ (default: all)',
      )
        .option('--limit <runs>', 'how many runs to print (default: 20)')
        .option(
          '--rebuild',
          'make the index again from the logs, and from what is stored for runs whose logs are gone',
        )
        .action(async (id, options) => exit(await (await import('./commands/runs.ts')).runs(id, options)))
    },
    versions: () => {
      command(
        'versions <asset>',
        'the versions that are kept of an asset, newest first',
        'versions aviation.flights',
      ).action(async (asset, options) =>
        exit(await (await import('./commands/versions.ts')).versions(asset, options)),
      )
    },
    restore: () => {
      command(
        'restore <asset>',
        'publish an earlier version again, as a new one',
        'restore aviation.flights --version 3',
      )
        .requiredOption('--version <number>', 'which one; levada versions prints them')
        .option('--wait [time]', 'wait for a run that writes the asset, 30s, 10m or as long as it takes')
        .action(async (asset, options) =>
          exit(await (await import('./commands/restore.ts')).restore(asset, options, words)),
        )
    },
    gc: () => {
      command(
        'gc [assets...]',
        'what the retention of assets lets go of (default: of all that the app writes); removed with --yes',
        'gc aviation.flights --yes',
      )
        .option('--yes', 'remove it; otherwise it is only printed')
        .action(async (assets, options) => exit(await (await import('./commands/gc.ts')).gc(assets, options)))
    },
    step: () => {
      command(
        'step',
        'one attempt of one step of a run, as an orchestrator starts it; the last line on stdout is its result',
        'step --run 20260102T030405678Z-0a1b2c --step flights/stage',
        'environment, a folder of conf/ (default: that of the run)',
      )
        .option('--run <id>', 'the run (default: LEVADA_RUN_ID)')
        .requiredOption('--step <id>', 'the step, as events name it: pipeline/node')
        .option(
          '--step-timeout <time>',
          'stop it when it takes longer, 90s, 30m or 2h (default: as long as it takes)',
        )
        .addHelpText(
          'after',
          '\nExit codes: 0 done, 65 failed for good, 75 failed and worth another attempt, 99 nothing to do, 143 stopped, 2 an option that is missing or unknown\n\nReads LEVADA_RUN_ID, LEVADA_ATTEMPT (counts from 1) and LEVADA_PARAMS (values of secret params, as JSON by pipeline)',
        )
        .action(async (options) => exit(await (await import('./commands/step.ts')).step(options)))
    },
    explain: () => {
      command(
        'explain <what>',
        'an error code, or where a value came from',
        'explain catalog.aviation.flights.path',
      ).action(async (what, options) =>
        exit(await (await import('./commands/explain.ts')).explain(what, options)),
      )
    },
    new: () => {
      const scaffold = program
        .command('new')
        .description('add to a workspace: a package, an app, or a declaration in src/ of the package here')
        .exitOverride()
      const part = <const N extends string>(name: N, description: string, example: string) =>
        scaffold
          .command(name)
          .description(description)
          .option('--json', 'print JSON')
          .exitOverride()
          .addHelpText('after', `\nExample:\n  $ levada new ${example}`)
      part(
        'pipeline <name>',
        'a pipeline package with a node and a test, listed in the app',
        'pipeline payments',
      )
        .option('--app <folder>', 'the app that lists it (default: the only one of the workspace)')
        .action(async (name, options) =>
          exit(await (await import('./commands/new-part.ts')).newPipeline(name, options)),
        )
      part('app <name>', 'an app that composes nothing yet', 'app reports').action(async (name, options) =>
        exit(await (await import('./commands/new-part.ts')).newApp(name, options)),
      )
      part('node <name>', 'a node and what it writes, listed in src/pipeline.ts', 'node daily-totals')
        .option('--output <domain.name>', 'what it writes (default: its name, in the domain of the package)')
        .option('--typescript', 'a function in place of SQL')
        .action(async (name, options) =>
          exit(await (await import('./commands/new-part.ts')).newNode(name, options)),
        )
      part(
        'dataset <name>',
        'a type of dataset of your own, with its conformance test',
        'dataset ledger',
      ).action(async (name, options) =>
        exit(await (await import('./commands/new-part.ts')).newDataset(name, options)),
      )
      part('resource <name>', 'a service that nodes ask for and the app gives', 'resource notifier').action(
        async (name, options) =>
          exit(await (await import('./commands/new-part.ts')).newResource(name, options)),
      )
      scaffold
        .command('asset [name]')
        .description('an asset as data is: types, key and ranges of a file, or of a SELECT over the catalog')
        .option(
          '--from <file or query>',
          'csv, tsv, json, ndjson or parquet; or "select …" (default: a declaration to fill in)',
        )
        .option('--env <name>', 'environment, a folder of conf/ (default: dev)')
        .option('--app <folder>', 'the app (default: the nearest levada.config.ts above; a file needs none)')
        .option('--json', 'print JSON')
        .exitOverride()
        .addHelpText('after', '\nExample:\n  $ levada new asset shop.raw_orders --from landing/orders.csv')
        .action(async (name, options) =>
          exit(await (await import('./commands/new.ts')).newAssetFile(name, options)),
        )
      scaffold
        .command('expects <asset>')
        .description('what this package needs of an asset of another one, from its contract')
        .option('--columns <a,b>', 'only these (default: all)')
        .option(
          '--app <folder>',
          'an app whose packages are looked at, too (default: the nearest above, if any)',
        )
        .option('--json', 'print JSON')
        .exitOverride()
        .addHelpText(
          'after',
          '\nExample:\n  $ levada new expects aviation.flights --columns flight_date,origin',
        )
        .action(async (asset, options) =>
          exit(await (await import('./commands/new.ts')).newExpectsFile(asset, options)),
        )
    },
    catalog: () => {
      const catalog = program.command('catalog').description('the datasets of an environment').exitOverride()
      catalog
        .command('list', { isDefault: true })
        .description('how and where each asset is stored')
        .option('--env <name>', 'environment, a folder of conf/ (default: dev)')
        .option('--app <folder>', 'the app (default: the nearest levada.config.ts above)')
        .option('--json', 'print JSON')
        .exitOverride()
        .addHelpText('after', '\nExample:\n  $ levada catalog list --env prod')
        .action(async (options) => exit(await (await import('./commands/catalog.ts')).catalogList(options)))
    },
    contract: () => {
      const contract = program
        .command('contract')
        .description('data contracts of pipeline packages, without running them')
        .exitOverride()
      const sides =
        '\n\nA side is a folder, a tarball (.tgz), name@version, or a git revision: main, main:pipelines/orders'
      const onContracts = <const N extends string>(
        name: N,
        description: string,
        example: string,
        more = '',
      ) =>
        contract
          .command(name)
          .description(description)
          .option('--json', 'print JSON')
          .exitOverride()
          .addHelpText('after', `${more}\n\nExample:\n  $ levada contract ${example}`)
      onContracts(
        'show [side]',
        'one contract (default: that of this folder)',
        'show @acme/orders@latest',
        sides,
      ).action(async (what, options) =>
        exit(await (await import('./commands/contract.ts')).contractShow(what, options)),
      )
      onContracts(
        'diff <old> <new>',
        'what changed, by the rules; exit code 1 when it breaks',
        'diff @acme/orders@^1 .',
        sides,
      )
        .option('--markdown', 'print Markdown')
        .action(async (old, now, options) =>
          exit(await (await import('./commands/contract.ts')).contractDiff(old, now, options)),
        )
      onContracts(
        'consumers <asset>',
        'who reads an asset, or one column of it: domain.name.column',
        'consumers aviation.flights.delay --in apps/flight-delays',
      )
        .option('--in <folder>', 'an app, a package or a workspace; repeatable (default: here)', repeat)
        .option('--scope <@scope>', 'the packages of a scope in its registry')
        .option('--markdown', 'print Markdown')
        .action(async (asset, options) =>
          exit(await (await import('./commands/contract.ts')).contractConsumers(asset, options)),
        )
    },
    app: () => {
      const deployed = program.command('app').description('what a deployment changes').exitOverride()
      deployed
        .command('diff [other]')
        .description('packages, assets and columns that change against a git revision or another checkout')
        .option(
          '--bom',
          'print the packages of the app instead: versions, integrity, contracts, and one hash over all',
        )
        .option('--app <folder>', 'the app (default: the nearest levada.config.ts above)')
        .option('--json', 'print JSON')
        .exitOverride()
        .addHelpText(
          'after',
          '\nExit code 1 when something that the app provides breaks\n\nExample:\n  $ levada app diff v1.4.0',
        )
        .action(async (other, options) =>
          exit(await (await import('./commands/app.ts')).appDiff(other, options)),
        )
    },
    package: () => {
      program
        .command('package [folder]')
        .description(
          'generate, build and pack a pipeline package, and compare its contract with the built code',
        )
        .option('--out <folder>', 'where the tarball goes (default: the folder of the package)')
        .option('--json', 'print JSON')
        .exitOverride()
        .addHelpText('after', '\nExample:\n  $ levada package pipelines/orders --out packs')
        .action(async (folder, options) =>
          exit(await (await import('./commands/package.ts')).packagePipeline(folder, options)),
        )
    },
    release: () => {
      program
        .command('release')
        .description('the gate of a release')
        .exitOverride()
        .command('check')
        .description('whether each version says what its data contract asks for, against what is published')
        .option(
          '--packed <paths...>',
          'check these tarballs, or folders of tarballs, with the version in them',
        )
        .option('--fix', 'write the changesets that are missing')
        .option('--markdown', 'print one comment for a pull request')
        .option('--json', 'print JSON')
        .exitOverride()
        .addHelpText(
          'after',
          '\nExit codes: 0 enough, 1 a version says too little, 2 could not be checked\n\nExample:\n  $ levada release check --markdown',
        )
        .action(async (options) => exit(await (await import('./commands/release.ts')).releaseCheck(options)))
    },
    doctor: () => {
      command('doctor', 'what is missing on this machine, and how to get it', 'doctor').action(
        async (options) => exit(await (await import('./commands/doctor.ts')).doctor(options)),
      )
    },
    completion: () => {
      program
        .command('completion')
        .description('what a shell has to read, so that it completes commands, options and assets')
        .addArgument(new Argument('<shell>', 'which one').choices(['bash', 'zsh', 'fish'] as const))
        .exitOverride()
        .addHelpText('after', '\nExample:\n  $ source <(levada completion bash)')
        .action(async (shell) =>
          exit((await import('./commands/completion.ts')).completion(shell, createProgram(exit) as never)),
        )
    },
  }
  const wanted = named !== undefined && Object.hasOwn(commands, named) ? [named] : Object.keys(commands)
  for (const name of wanted) commands[name]!()
  return program as unknown as Command
}

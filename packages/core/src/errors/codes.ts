/** What a code means and what to do about it. Codes are words and fixed from the first release on. `examples.ts` shows each. */
export interface CodeEntry {
  readonly cause: string
  readonly remedy: string
}

/** code: [cause, remedy] */
const table = {
  // authoring
  ASSET_NAME: [
    'An asset key is not of the form domain.name.',
    'Name it domain.name, in lower-case letters, digits and underscores.',
  ],
  COLUMN_TYPE: [
    'A column has a schema that no table can hold.',
    'Use one of the types in docs/column-types.md; cast or parse inside a node instead of in the schema.',
  ],
  COLUMN_UNKNOWN: [
    'A key, partition or check names a column that the schema lacks.',
    'Correct the name, or add the column to the schema.',
  ],
  PARTITION_INVALID: [
    'A partition dimension does not fit its asset.',
    'Partition by a column that is never NULL and fits; instants need a time zone.',
  ],
  INCREMENTAL_INVALID: [
    'How new rows get to those that an asset has is declared with options that make no sense.',
    'Correct the options; the message names them.',
  ],
  CHECK_INVALID: [
    'A check is declared with options that make no sense.',
    'Correct the options; the message names them.',
  ],
  NODE_INVALID: ['A node or view is declared wrongly.', 'Correct the declaration that the message names.'],
  // composition
  PIPELINE_INVALID: [
    'A pipeline or app is declared wrongly.',
    'Correct the declaration that the message names.',
  ],
  PROTOCOL: [
    'A package was built for another protocol of @levada/core.',
    'Install versions of the packages that share one protocol.',
  ],
  COMPOSITION: [
    'The pipelines of the app do not fit together.',
    'Add the missing provider, or align the two declarations that the message names.',
  ],
  CYCLE: [
    'Nodes or views depend on each other in a circle.',
    'Break the circle: one of the named inputs has to go.',
  ],
  // generated files
  STALE_PORTS: [
    'src/ports.ts or contract.json does not match the source of the package.',
    'Run levada generate and commit the result.',
  ],
  GENERATE: [
    'The package holds something that its contract cannot represent.',
    'Change what the message names; a contract holds plain data only.',
  ],
  // contracts and releases
  CONTRACT_MISSING: [
    'There is no contract.json where one is looked for.',
    'Run levada generate in the package, and commit contract.json; a tarball has it when "files" names it.',
  ],
  CONTRACT_INVALID: [
    'A contract.json cannot be read: it is damaged, too large, or not what levada generate writes.',
    'Run levada generate in its package again, or install the package again.',
  ],
  TARBALL_INVALID: [
    'The tarball of a package is damaged, or holds what no package has.',
    'Do not install it; pack the package again, or ask who published it.',
  ],
  PACKAGE_FAILED: [
    'A pipeline package cannot be built or packed as it should be.',
    'Correct what the message names; what the tool said is quoted.',
  ],
  REGISTRY_FAILED: [
    'A registry did not give what was asked of it.',
    'Correct the name or version, or the registry in .npmrc.',
  ],
  GIT_FAILED: [
    'A revision cannot be read from git.',
    'Name a revision that this repository has, a folder, a tarball, or name@version.',
  ],
  CHANGESET_INVALID: [
    'A changeset, or the file beside it that relaxes rules, cannot be read or does not fit.',
    'Correct the file that the message names.',
  ],
  // configuration
  CONFIG_SYNTAX: ['A configuration file is not valid YAML.', 'Correct the place that the message shows.'],
  CONFIG_INVALID: [
    'A configuration value has a wrong type or an unknown key.',
    'Correct the value; the message names what is expected.',
  ],
  CONFIG_FILE_UNKNOWN: [
    'A file in conf/ is none of those that Levada reads.',
    'Rename or move it; the message lists the known files.',
  ],
  CONFIG_INTERPOLATION: [
    'A ${…} in the configuration cannot be resolved.',
    'Define what it refers to, or give a default: ${name:argument,default}.',
  ],
  ENV_UNKNOWN: ['The environment has no folder in conf/.', 'Create conf/<env>, or choose one that exists.'],
  CATALOG_MISSING: [
    'No catalog entry says where an asset is stored.',
    'Add the asset or a pattern that matches it to conf/base/catalog.yml.',
  ],
  CATALOG_AMBIGUOUS: [
    'Two catalog patterns match an asset equally well.',
    'Make one of them more specific, or name the asset itself.',
  ],
  CATALOG_CLASH: ['Two assets are stored at one location.', 'Give each asset a location of its own.'],
  PLUGIN_MISSING: [
    'No plugin of the app provides a dataset type, engine or resource.',
    'Install the package and list it under plugins (or resources) in levada.config.ts.',
  ],
  CREDENTIAL_MISSING: [
    'A secret that the configuration refers to is not there.',
    'Set the variable, or add it to conf/local/credentials.yml.',
  ],
  CREDENTIAL_PLACE: [
    'credentials.yml lies outside conf/local.',
    'Move it to conf/local, which is never committed.',
  ],
  PARAM_MISSING: [
    'A required parameter has no value.',
    'Set it in parameters.yml, in levada.config.ts or with --param.',
  ],
  PARAM_INVALID: [
    'A parameter has a value of the wrong type.',
    'Give a value of the type that the message names.',
  ],
  PARAM_UNKNOWN: [
    'A value is given for a parameter that no pipeline declares.',
    'Correct the name, or remove the value.',
  ],
  APP_NOT_FOUND: [
    'No levada.config.ts was found here or in a folder above.',
    'Run the command inside an app, or name one with --app.',
  ],
  PACKAGE_NOT_FOUND: [
    'No pipeline package was found here.',
    'Run the command in a pipeline package, or in an app that composes some.',
  ],
  FILE_EXISTS: [
    'A file that is to be written is there already, with another text.',
    'Move it away or remove it, and run the command again; or edit it by hand.',
  ],
  MODULE_FAILED: [
    'A module of the app or of a package could not be loaded.',
    'Correct the error that the message quotes.',
  ],
  // planning
  SELECTION_UNKNOWN: [
    'A name in the selection matches nothing.',
    'Correct the name; levada list prints what there is.',
  ],
  SELECTION_SYNTAX: [
    'The selection is not understood.',
    'Write names, globs, tag:…, pipeline:… and so on: a blank adds up, a comma intersects, +x and x+ follow the graph.',
  ],
  SELECTION_EMPTY: [
    'The parts of a selection are there, and together they leave nothing.',
    'Look at the parts one by one with levada graph <part>; a comma intersects, a blank adds up.',
  ],
  PARTITION_MAPPING: [
    'Which partitions of an input a node reads for one that it writes is not clear.',
    'Say it: mapped(input, { column: sameAs(…) }), window(…) or allPartitions().',
  ],
  PARTITION_UNKNOWN: [
    'A partition is not one of the dimension.',
    'Write it as 2001-03-04, 2001-03 or 2001-03-04T05, or a range of them, 2001-01-01..2001-03-31, inside the bounds of the dimension.',
  ],
  ASSET_UNKNOWN: [
    'No asset of the app has this name.',
    'Correct the name; levada list assets prints what there is.',
  ],
  VERSION_UNKNOWN: [
    'An asset keeps no version of this number.',
    'Choose one of those that levada versions <asset> prints.',
  ],
  RUN_UNKNOWN: ['No run of the app has this id.', 'Correct it; levada runs prints what there is.'],
  NOT_MATERIALIZED: [
    'An asset that is to be read has not been built in this environment.',
    'Run the pipeline that builds it first: levada run +<asset>.',
  ],
  STALE_DATA: [
    'A source or an external is older than environment.yml allows.',
    'Wait until it is delivered again, or raise its max_age in environment.yml.',
  ],
  NOT_SUPPORTED: [
    'A dataset or engine cannot do what is asked.',
    'Choose another dataset or engine for this asset in conf/.',
  ],
  DEPENDANTS: [
    'The columns of a stored view change in a way that would break what reads it.',
    'Drop or change what depends on it first, or add columns at the end only.',
  ],
  CONNECTION_LOST: [
    'The connection to a server was cut in the middle of the work.',
    'Run again when the server is back; nothing unchecked was published.',
  ],
  STATEMENT_TIMEOUT: [
    'A statement took longer than the engine allows.',
    'Raise statement_timeout_ms in resources.yml, or let the step do less, one partition at a time.',
  ],
  // SQL
  SQL_SYNTAX: [
    'The SQL of a node, view or check cannot be parsed.',
    'Correct the place that the message shows.',
  ],
  SQL_BIND: [
    'The SQL names a table, column or function that is not there, or is ambiguous.',
    'Correct the name, or declare the input or column.',
  ],
  SQL_TABLE_UNDECLARED: [
    'The SQL reads a table that the node does not declare as an input.',
    'Add it to inputs; nodes read nothing else.',
  ],
  SQL_PARAM_UNDECLARED: ['The SQL uses a parameter that the node does not declare.', 'Add it to params.'],
  SQL_NOT_SELECT: [
    'A node holds something else than one SELECT.',
    'Leave exactly one SELECT; Levada does the writing.',
  ],
  SQL_RESULT: [
    'The result of the SQL does not fit the schema it is declared to have.',
    'Cast in the SQL, or change the schema.',
  ],
  SQL_FAILED: ['The engine refused or failed to execute a statement.', 'The message quotes the engine.'],
  SQL_FILE_MISSING: ['The SQL file of a node does not exist.', 'Create it, or correct the URL given as sql.'],
  // data
  DATA_MISSING: [
    'A file that an asset is read from does not exist.',
    'Put it there, or correct the path in the catalog.',
  ],
  DATA_UNREADABLE: [
    'A file that an asset is read from cannot be read as what it is declared to be.',
    'Repair the file, or correct its format in the catalog.',
  ],
  SOURCE_SCHEMA: [
    'A source does not have the columns or types that its schema declares.',
    'Correct the schema of the source, or what delivers it.',
  ],
  ROW_INVALID: [
    'A function node wrote a row that does not fit the schema of its output.',
    'Write every column with a value of its type.',
  ],
  VALUE_RANGE: ['A value does not fit its column type.', 'Widen the column type, or filter the rows.'],
  ROW_OUT_OF_RANGE: [
    'A step wrote rows outside the partitions it was asked to write.',
    'Filter by $partition_start and $partition_end in the node.',
  ],
  STALE_SCHEMA: [
    'Stored partitions were written with another schema.',
    'Run these partitions again, or declare the column so that it can be read: nullable(), or with a default(…).',
  ],
  // execution
  CHECK_FAILED: [
    'A check of severity error failed, so nothing was published.',
    'Correct the data or the check; levada show --failed prints the rows.',
  ],
  CHECK_CRASHED: [
    'A check could not be evaluated, so it has not passed.',
    'Correct the check; the message quotes the engine.',
  ],
  CONFLICT: [
    'Another run replaced the same partitions in the meantime.',
    'Run again; nothing of the other run was lost.',
  ],
  INPUT_CHANGED: [
    'A run cannot go on, since what it reads is not what it was when the run began.',
    'Run its selection anew; what is done and unchanged is left out.',
  ],
  CODE_CHANGED: [
    'A run cannot go on, since a node that is left computes with something else than when the run began.',
    'Run its selection anew; what is done and unchanged is left out.',
  ],
  NOT_RESUMABLE: [
    'A run cannot go on: another process runs it, it is of another app or environment, or its record is gone or damaged.',
    'Run its selection anew; levada runs tells what it was.',
  ],
  LEASED: [
    'Another run writes this asset at the moment, or as many runs of the job go on as jobs.yml lets (max_active_runs).',
    'Wait for it: levada run --wait. A run that has died is taken over.',
  ],
  RUN_TIMEOUT: [
    'The run took longer than it may, and was stopped.',
    'Allow it more (--timeout, or timeout in jobs.yml); levada run --resume does what is left.',
  ],
  STEP_TIMEOUT: [
    'The step took longer than the run allows a step.',
    'Allow it more (--step-timeout, or step_timeout in jobs.yml), or let it do less: fewer partitions in one step.',
  ],
  SUPERSEDED: [
    'The run was silent for so long that another one has taken its asset over; it publishes nothing more of it.',
    'Run again, or levada run --resume; nothing of the other run was lost.',
  ],
  FOREIGN_ASSET: [
    'Another app writes this asset in this environment.',
    'List the asset under externals, or store it at another location.',
  ],
  MANIFEST_DAMAGED: [
    'The manifest of a version cannot be read. What is published goes on without it: it is passed over, set aside, and never removed.',
    'Repair the file that the message names, or remove it; then its rows are cleaned up, too.',
  ],
  NODE_FAILED: [
    'The code of a function node threw an error.',
    'Correct the node; the message quotes the error.',
  ],
  NODE_EXITED: [
    'The code of a function node called process.exit(), which is none of its business: it fails its step.',
    'Throw an error where the node cannot go on, and return where it is done; the command ends the process.',
  ],
  PLUGIN_FAILED: [
    'A plugin of the app failed around a step, which did not run.',
    'Correct the plugin, or leave it out of plugins in levada.config.ts.',
  ],
  MEMORY_LIMIT: [
    'What TypeScript held in a process or thread of the run went beyond memory_limit of environment.yml, or beyond what Node allows.',
    'Let the node hand on rows as it reads them and keep none, compute in SQL what needs all of them, or raise memory_limit in environment.yml.',
  ],
  WORKER_DIED: [
    'The process or thread that ran a step ended before it had a result.',
    'Look for what ended it, such as a lack of memory; levada run --resume does what is left.',
  ],
  RESOURCE_FAILED: [
    'A resource could not be set up, or did not answer.',
    'See to the service where it does not answer, and run again; else correct its configuration in resources.yml.',
  ],
  DBT_MISSING: [
    'There is no dbt that could be started, or it lacks the adapter for the database.',
    'Install dbt with the adapter, or name the executable in resources.yml.',
  ],
  DBT_PROJECT: [
    'dbt cannot read the project, or has nothing to do in it.',
    'Correct the file that the message names; the message quotes dbt.',
  ],
  DBT_PROFILE: [
    'The profile or target that dbt is to use is not there, or is not complete.',
    'Correct profiles.yml, or name another profile or target.',
  ],
  CANCELLED: ['The run was interrupted.', 'Run again; what was published stays.'],
  STORAGE: ['Reading or writing files failed.', 'The message quotes the operating system.'],
  // command line
  USAGE: ['The command line is not understood.', 'Run the command with --help.'],
  INTERNAL: ['Levada did something that it should never do.', 'Please report it with the message.'],
} as const

export type ErrorCode = keyof typeof table

/** Every error that a user can reach; `levada explain <CODE>` prints it. */
export const codes: Readonly<Record<ErrorCode, CodeEntry>> = Object.fromEntries(
  Object.entries(table).map(([code, [cause, remedy]]) => [code, { cause, remedy }]),
) as Record<ErrorCode, CodeEntry>

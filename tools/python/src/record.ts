// npm run python -- record: writes what each dbt says and leaves behind, for the tests of what reads it.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { dbtEnvironment, recordedDbts, type DbtEnvironment } from './dbt.ts'
import { cases, type Case, type Edit } from './record-cases.ts'
import { fixedJson, fixedLog, trimManifest, type Manifest, type Places } from './record-fixed.ts'

const root = join(import.meta.dirname, '../../..')
const recorded = join(root, 'packages/resources/dbt/test/recorded')
const example = join(root, 'apps/dbt-orders')
const parts = ['dbt_project.yml', 'profiles.yml', 'macros', 'models', 'seeds', 'snapshots', 'tests']

/**
 * Records every case with both generations and an older dbt Core.
 *
 * @param wanted names of a dbt or of cases, to record these only
 */
export async function record(wanted: readonly string[]): Promise<void> {
  const chosen = <T>(all: readonly T[], nameOf: (each: T) => string): readonly T[] => {
    const named = all.filter((each) => wanted.includes(nameOf(each)))
    return named.length > 0 ? named : all
  }
  for (const name of chosen(recordedDbts, String)) {
    const dbt = await dbtEnvironment(name)
    if (!dbt.executable) throw new Error(dbt.title)
    await inCopy(example, parts, async (built) => {
      await run(dbt, built, ['build'])
      for (const each of chosen(cases, ({ name }) => name)) await recordCase(dbt, each, built)
    })
  }
}

async function inCopy(
  from: string,
  entries: readonly string[],
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'levada-record-')))
  try {
    for (const entry of entries) cpSync(join(from, entry), join(folder, entry), { recursive: true })
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Its files: `command.json`, `log.jsonl` (what it printed, line by line) and the artifacts that it left. */
async function recordCase(dbt: DbtEnvironment, each: Case, built: string): Promise<void> {
  // The parsed project spares the parsing.
  await inCopy(built, [...parts, 'orders.duckdb', 'target'], async (project) => {
    const edit: Edit = (file, change) => {
      const before = readFileSync(join(project, file), 'utf8')
      const after = change(before)
      if (after === before) throw new Error(`${each.name}: there is nothing to change in ${file}`)
      writeFileSync(join(project, file), after)
    }
    const artifact = (name: string): string => join(project, 'target', `${name}.json`)
    for (const name of ['manifest', 'run_results', 'sources', 'catalog'])
      rmSync(artifact(name), { force: true })
    each.edit?.(edit)
    if (each.before) await run(dbt, project, each.before)
    each.after?.(edit)
    // What the command before has left is what `retry` goes by.
    if (each.command[0] !== 'retry') rmSync(artifact('run_results'), { force: true })
    const { exitCode, all } = await run(dbt, project, each.command)
    const places: Places = { [project]: '/project', [built]: '/project', [root]: '/levada' }
    const to = join(recorded, dbt.title.split(' ')[1]!, each.name)
    rmSync(to, { recursive: true, force: true })
    mkdirSync(to, { recursive: true })
    const write = (file: string, text: string): void => writeFileSync(join(to, file), `${text}\n`)
    const json = (name: string): unknown =>
      existsSync(artifact(name)) ? JSON.parse(readFileSync(artifact(name), 'utf8')) : undefined
    write('command.json', JSON.stringify({ command: each.command, exitCode }))
    write('log.jsonl', fixedLog(all, places))
    for (const name of ['run_results', 'sources', 'catalog'])
      if (json(name)) write(`${name}.json`, fixedJson(json(name), places))
    const manifest = json('manifest') as Manifest | undefined
    const results = json('run_results') as { results: { unique_id: string }[] } | undefined
    if (each.manifest && manifest && results)
      write(
        'manifest.json',
        fixedJson(
          trimManifest(
            manifest,
            results.results.map((result) => result.unique_id),
          ),
          places,
        ),
      )
    console.log(`${dbt.title}, ${each.name}: exit ${exitCode}`)
  })
}

async function run(
  dbt: DbtEnvironment,
  project: string,
  command: readonly string[],
): Promise<{ exitCode: number | undefined; all: string }> {
  const options = ['--log-format', 'json', '--log-level', 'debug']
  // One thread, so that the order of events is the same each time.
  const env = { ...dbt.env, DBT_THREADS: '1', NO_COLOR: '1', DBT_USE_COLORS: 'false' }
  const { exitCode, all } = await execa(dbt.executable!, [...command, ...options], {
    cwd: project,
    env,
    reject: false,
    all: true,
  })
  return { exitCode, all }
}

import { openApp, type LevadaEvent, type Plan, type Step } from '@levada/core/run'
import {
  apply,
  byId,
  idOf,
  nameOf,
  plan as planByForce,
  type Key,
  type State,
  type Work,
} from '@levada/reference'
import { execa } from 'execa'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { appOf } from './apps.ts'
import { broken } from './code.ts'
import { compareAll } from './compare.ts'
import { failuresOf, stepOf, type Failure } from './failures.ts'
import { fileOf, openFeeds } from './feeds.ts'
import { daysOf, requestOf, type Killed } from './run-night.ts'
import { dayOf, schemaChanges, teams, warehouseOf, type Team } from './tables.ts'
import { modelOf } from './world.ts'

/** The nights of a week on which a team's app runs, from Monday on. Where it fails it runs again on the next. */
const runsOn: Readonly<Record<Team, readonly number[]>> = {
  shop: [0, 1, 2, 3, 4, 5, 6],
  logistics: [0, 2, 4],
  finance: [0, 3],
}

export interface Summary {
  nights: number
  runs: number
  steps: number
  skipped: number
  failures: Record<Failure['kind'], number>
  failedSteps: number
  schemaChanges: number
  late: number
  corrected: number
  tables: number
  rows: number
}

/** What happened, in a line. */
export const lineOf = ({ nights, runs, steps, skipped, failures, ...more }: Summary): string =>
  [
    `${nights} nights: ${runs} runs, ${steps} steps, ${skipped} skipped`,
    `${failures['bad row']} bad rows, ${failures.throws} nodes that threw, ${failures.killed} runs killed`,
    `${more.schemaChanges} changes of a schema, ${more.late} rows late, ${more.corrected} corrected`,
    `${more.tables} tables with ${more.rows} rows as recomputed`,
  ].join('; ')

/** What went otherwise than by the planner by brute force, or than all in one go. */
export interface Outcome {
  readonly summary: Summary
  readonly differences: readonly string[]
}

const catalog = (landing: string, data: string): string =>
  JSON.stringify({
    ...Object.fromEntries(
      warehouseOf(0).feeds.map((feed) => [
        feed.name,
        { type: feed.format, path: join(landing, fileOf(feed)) },
      ]),
    ),
    '{domain}.{table}': { type: 'parquet', path: join(data, '{domain}/{table}') },
  })

/**
 * Runs the company for some nights below a folder, up to the first difference.
 * @param meddle called each night when all is delivered, and once after the last one: what it does to the files is nobody's delivery
 */
export async function simulate(
  root: string,
  nights: number,
  meddle: (night: number, landing: string) => void = () => {},
): Promise<Outcome> {
  const [landing, data] = [join(root, 'landing'), join(root, 'data')]
  mkdirSync(landing, { recursive: true })
  for (const team of Object.keys(teams)) {
    mkdirSync(join(root, team, 'conf/base'), { recursive: true })
    mkdirSync(join(root, team, 'conf/prod'), { recursive: true })
    writeFileSync(join(root, team, 'levada.config.ts'), '')
    writeFileSync(join(root, team, 'conf/base/catalog.yml'), catalog(landing, data))
    writeFileSync(join(root, team, 'conf/base/resources.yml'), 'duckdb: { threads: 1 }\n')
  }
  const feeds = await openFeeds(landing)
  const state: State = { code: new Map(), sources: new Map(), stored: new Map() }
  const texts = new Map<string, number>()
  const differences: string[] = []
  const summary: Summary = {
    nights,
    runs: 0,
    steps: 0,
    skipped: 0,
    failures: { 'bad row': 0, throws: 0, killed: 0 },
    failedSteps: 0,
    schemaChanges: 0,
    late: 0,
    corrected: 0,
    tables: 0,
    rows: 0,
  }
  const due = new Set<Team>()
  for (let night = 0; night < nights; night++) {
    const failures = night >= nights - 2 ? [] : failuresOf(night)
    for (const { kind } of failures) summary.failures[kind]++
    if (Object.values(schemaChanges).includes(dayOf(night) as never)) summary.schemaChanges++
    const bad = failures.find((failure) => failure.kind === 'bad row')
    for (const name of await feeds.deliver(night, bad?.feed)) state.sources.set(name, night)
    meddle(night, landing)
    for (const failure of failures) if (failure.kind === 'throws') broken.add(failure.table)
    const model = modelOf(night, nights)
    for (const [id, text] of model.code) {
      if (!texts.has(text)) texts.set(text, texts.size)
      state.code.set(id, texts.get(text)!)
    }
    for (const team of Object.keys(teams) as Team[]) {
      if (runsOn[team].includes(night % 7) || night === nights - 1) due.add(team)
      if (!due.has(team)) continue
      const own = failures.filter((failure) =>
        failure.kind === 'killed'
          ? failure.team === team
          : model.worlds[team].nodes.some((node) => idOf(node) === stepOf(failure)),
      )
      const success = await runTeam(night, team, own)
      if (success) due.delete(team)
      if (success !== (own.length === 0))
        differences.push(
          `${dayOf(night)} ${team}: ${success ? 'succeeded' : 'failed'}, expected ${JSON.stringify(own)}`,
        )
      if (differences.length > 0) break
    }
    broken.clear()
    if (differences.length > 0) break
  }
  if (differences.length === 0) {
    meddle(nights, landing)
    const compared = await compareAll(root, landing, nights - 1)
    differences.push(...compared.differences)
    summary.tables = compared.tables
    summary.rows = compared.rows
  }
  feeds.close()
  summary.late = feeds.told.late
  summary.corrected = feeds.told.corrected
  return { summary, differences }

  /** Plans and runs one app. */
  async function runTeam(night: number, team: Team, failures: readonly Failure[]): Promise<boolean> {
    const killed = failures.find(({ kind }) => kind === 'killed')
    const world = modelOf(night, nights).worlds[team]
    const dir = join(root, team)
    await using session = await openApp(appOf(team, night), { appDir: dir, env: 'prod' })
    const plan = await session.plan('', requestOf(team, night))
    const nodeSteps = plan.steps.filter(({ work }) => work.kind === 'node')
    const expected = planByForce(world, state, {
      selection: { terms: [], exclude: [], from: [], to: [] },
      partitions: undefined,
      days: daysOf(team, night),
      mode: 'changed',
    })
    differences.push(...differencesOf(`${dayOf(night)} ${team}`, world.nodes.map(idOf), plan, expected))
    summary.runs++
    summary.steps += nodeSteps.length
    summary.skipped += plan.skipped.length

    const published: Step[] = []
    const byStep = new Map(plan.steps.map((step) => [step.id, step]))
    let isSuccess: boolean
    if (killed?.kind === 'killed') {
      const request: Killed = { team, night, dir, after: killed.after }
      const child = await execa(
        process.execPath,
        ['--conditions=@levada/source', join(import.meta.dirname, 'night.ts'), JSON.stringify(request)],
        { reject: false },
      )
      if (child.signal !== 'SIGKILL')
        differences.push(`${dayOf(night)} ${team} was not killed: ${child.stderr}`)
      published.push(...child.stdout.split('\n').flatMap((id) => byStep.get(id) ?? []))
      isSuccess = false
    } else {
      const result = await session.run(plan, {
        sinks: [
          {
            name: 'published',
            event(event: LevadaEvent) {
              if (event.type !== 'step_finished') return
              if (event.state === 'succeeded') published.push(byStep.get(event.step_id)!)
              else if (event.state === 'failed') {
                summary.failedSteps++
                const codes = (event.errors ?? []).map(({ code, message }) => `${code} ${message}`).join('; ')
                const isMeant =
                  failures.some((failure) => event.step_id.split('@')[0] === stepOf(failure)) &&
                  / is broken tonight|^CHECK_FAILED /.test(codes)
                if (!isMeant) differences.push(`${dayOf(night)} ${event.step_id}: ${codes}`)
              }
            },
          },
        ],
      })
      isSuccess = result.state === 'succeeded' || result.state === 'nothing'
    }
    for (const step of published) {
      if (step.work.kind !== 'node') continue
      const rows = new Map<string, ReadonlySet<string>>()
      for (const name of step.work.node.writes) {
        const head = await session.catalog.entry(name).dataset.head()
        rows.set(name, new Set(head!.partitions.map(({ key }) => nameOf(key))))
      }
      const hasRows = (asset: string, key: Key): boolean => rows.get(asset)!.has(nameOf(key))
      apply(
        world,
        state,
        byId(world, step.work.node.id),
        step.partitions ?? 'whole',
        `${night} ${step.id}`,
        hasRows,
      )
    }
    return isSuccess
  }
}

const showWork = (work: Work | undefined): string =>
  work === undefined ? 'nothing' : work === 'whole' ? 'whole' : work.map(nameOf).toSorted().join(' ')

function differencesOf(
  where: string,
  ids: readonly string[],
  plan: Plan,
  expected: ReturnType<typeof planByForce>,
): readonly string[] {
  if (typeof expected === 'string') return [`${where}: expected ${expected}`]
  return ids.flatMap((id) => {
    const steps = plan.steps.filter(({ work }) => work.kind === 'node' && work.node.id === id)
    const whole = steps.some(({ partitions }) => !partitions)
    const have =
      steps.length === 0 ? undefined : whole ? 'whole' : steps.flatMap(({ partitions }) => partitions ?? [])
    const [is, want] = [showWork(have), showWork(expected.get(id))]
    return is === want
      ? []
      : [`${where} ${id}: plans ${is}, expected ${want}; ${steps.map(({ reason }) => reason).join(', ')}`]
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Version, Dataset } from '../dataset/index.ts'
import { didYouMean, isLevadaError, LevadaError, throwAll } from '../errors/index.ts'
import type { LevadaEvent } from '../events/index.ts'
import {
  fingerprintChanges,
  openStates,
  showReasons,
  type Pin,
  type Plan,
  type PlanRequest,
  type States,
} from '../plan/index.ts'
import { backfillCommand, quoted, runCommand } from '../plan/command.ts'
import { planAgain } from '../plan/plan-again.ts'
import { waitText, type Waiting } from './leases.ts'
import { ofRun, readLog, readRecord, runningBy, type Running } from './read-record.ts'
import type { RecordedPin, RecordedStep, RunRecord } from './record.ts'

// One module is loaded for all that resuming needs.
export { findRun, readRecord } from './read-record.ts'

export interface ResumeRequest {
  readonly appDir: string
  readonly runId: string
  /** Params that the session was opened with, `delays.token`. */
  readonly given: ReadonlySet<string>
  /** Only this step of it, whoever runs the others; its process may be alive. */
  readonly step?: string
  /** Of the session. */
  readonly request: Omit<PlanRequest, 'selection' | 'partition' | 'mode'>
}

export type ResumeWaiting = Pick<Waiting, 'forMs' | 'signal' | 'told'>

/**
 * What is left of a run, with the pins that it began with. Nothing is planned anew.
 * @throws NOT_RESUMABLE, INPUT_CHANGED, CODE_CHANGED, PARAM_MISSING: all at once
 */
export async function planResumed(resuming: ResumeRequest): Promise<Plan> {
  const { appDir, runId, request } = resuming
  const record = readRecord(appDir, runId)
  const events = readLog(appDir, runId)
  const notices = [...request.notices, ...checkPlace(resuming, record, events)]
  const { step } = resuming
  const concerned = step === undefined ? record.steps : stepWithNeeds(record, step)
  const { done, made, versions, lost } = await finished(request, record, concerned, events)
  const left = concerned.filter(({ id }) => !done.has(id) && (step === undefined || id === step))
  if (step !== undefined && left.length > 0) checkNeeds(record, left[0]!, done)
  const pinned = await pinsNow(request, record)
  throwAll([
    ...(await changedCode(request, record, left)),
    ...(await changedInputs({ request, record, lost }, left, pinned)),
  ])
  const steps = left.flatMap(({ node }) => (node === undefined ? [] : [node]))
  const outputs = request.graph.nodes.filter(({ id }) => steps.includes(id)).flatMap(({ writes }) => writes)
  for (const asset of new Set(outputs)) {
    const head = await request.catalog.entry(asset).dataset.head()
    if (head && head.number > (record.heads[asset] ?? 0) && head.runId !== runId)
      notices.push(
        `'${asset}' was published by run ${head.runId} since. This run publishes what it makes of the inputs that it began with, after that: run anew afterwards for what is current.`,
      )
  }
  const { selection, partition, mode, now } = record
  return planAgain({
    request: { ...request, selection, partition, mode, notices },
    steps: record.steps,
    pins: pinned.pins,
    stateOf: (asset) => record.pins[asset]?.state,
    only: step,
    resumes: { runId, now, finished: [...done], made, versions },
  })
}

/** @throws NOT_RESUMABLE, PARAM_MISSING @returns what is to be told */
function checkPlace(
  { runId, step, request, given }: ResumeRequest,
  record: RunRecord,
  events: readonly LevadaEvent[],
): readonly string[] {
  const refuse = (why: string, hint: string): never => {
    throw new LevadaError('NOT_RESUMABLE', `Run ${runId} cannot go on: ${why}.`, { hint })
  }
  if (record.app !== request.app)
    refuse(
      `it is of the app '${record.app}', and this is '${request.app}'`,
      'Go on with it where that app is.',
    )
  if (record.env !== request.env)
    refuse(
      `it is of environment '${record.env}', not of '${request.env}'`,
      `Leave --env out, or write --env ${record.env}.`,
    )
  const missing = record.secrets.filter((name) => !given.has(name))
  throwAll(
    missing.map(
      (name) =>
        new LevadaError(
          'PARAM_MISSING',
          `Run ${runId} was given the secret param ${name}, which is not kept.`,
          {
            hint:
              step === undefined
                ? `Give it again: levada run --resume ${runId} --param ${name}=…`
                : 'Give it as JSON in LEVADA_PARAMS.',
          },
        ),
    ),
  )
  const running = step === undefined ? runningBy(events) : undefined
  if (running?.lives) throw isRun(runId, running)
  if (!running || running.lives === false) return []
  return [
    `Process ${running.pid} on ${running.host} began this run and has not said that it ended; whether it still runs cannot be told from here.`,
  ]
}

const isRun = (runId: string, { pid, host, since }: Running): LevadaError =>
  new LevadaError(
    'NOT_RESUMABLE',
    `Run ${runId} cannot go on: process ${pid} on ${host} has been running it since ${timeText(since)}.`,
    {
      retryable: true,
      hint: `Wait for it: levada run --resume ${runId} --wait, or stop it.`,
      details: { run: runId, host, pid },
    },
  )

/**
 * The same; as long as a process runs it, waits until that has ended or is dead.
 * @throws NOT_RESUMABLE when that takes too long, CANCELLED
 */
export async function planWhenFree(
  resuming: ResumeRequest,
  { forMs = Infinity, signal, told }: ResumeWaiting,
): Promise<Plan> {
  const { appDir, runId } = resuming
  // By a clock that never jumps.
  const began = performance.now()
  while (true) {
    try {
      return await planResumed(resuming)
    } catch (error) {
      if (!isLevadaError(error) || error.code !== 'NOT_RESUMABLE' || error.details['pid'] === undefined)
        throw error
      told?.(error)
      while (runningBy(readLog(appDir, runId, ofRun))?.lives) {
        const waitedMs = performance.now() - began
        if (waitedMs >= forMs) throw waitedFor(error, waitedMs)
        if (signal?.aborted)
          throw new LevadaError('CANCELLED', `It was stopped while it waited for run ${runId} to end.`)
        await sleep(500)
      }
    }
  }
}

/** The same, to be told from one that nobody has waited for. */
const waitedFor = ({ message, hint, details }: LevadaError, waitedMs: number): LevadaError =>
  new LevadaError('NOT_RESUMABLE', `After ${waitText(waitedMs)} of waiting: ${message}`, {
    retryable: true,
    hint: hint.replace(/^Wait for it/, 'Wait for longer, or as long as it takes'),
    details: { ...details, waited_ms: Math.round(waitedMs) },
  })

/** `2026-11-29 15:47:45 UTC` */
const timeText = (time: string): string => `${time.slice(0, 19).replace('T', ' ')} UTC`

/** A step with those that it needs. @throws USAGE */
function stepWithNeeds({ run_id: runId, steps }: RunRecord, id: string): readonly RecordedStep[] {
  const step = steps.find((each) => each.id === id)
  if (step) return steps.filter((each) => each === step || step.needs.includes(each.id))
  const known = steps.map((each) => each.id)
  throw new LevadaError('USAGE', `Run ${runId} has no step '${id}'.${didYouMean(id, known)}`, {
    hint: `Its steps: ${known.slice(0, 5).join(', ')}${known.length > 5 ? ` and ${known.length - 5} more` : ''}.`,
  })
}

/** @throws NOT_RESUMABLE */
function checkNeeds(
  { run_id: runId }: RunRecord,
  { id, needs }: RecordedStep,
  done: ReadonlySet<string>,
): void {
  const missing = needs.filter((each) => !done.has(each))
  if (missing.length > 0)
    throw new LevadaError(
      'NOT_RESUMABLE',
      `Step '${id}' of run ${runId} cannot run: ${missing.join(', ')} ${missing.length === 1 ? 'has' : 'have'} not succeeded, which it needs.`,
      { hint: 'Run what it needs first.', retryable: true },
    )
}

interface Finished {
  readonly done: ReadonlySet<string>
  readonly made: ReadonlyMap<string, Version>
  readonly versions: ReadonlySet<string>
  /** Steps that published what is not kept any more. */
  readonly lost: ReadonlySet<string>
}

/** Manifests tell what is done, then the log: a process may die before it logs, and versions may be removed since. */
async function finished(
  { graph, catalog }: ResumeRequest['request'],
  record: RunRecord,
  steps: readonly RecordedStep[],
  events: readonly LevadaEvent[],
): Promise<Finished> {
  const published = new Map<string, readonly Version[]>()
  for (const asset of new Set(steps.flatMap(({ made = {} }) => Object.keys(made))))
    if (graph.producers.has(asset))
      published.set(asset, await publishedBy(catalog.entry(asset).dataset, record, asset))
  const told = new Map<string, string>()
  for (const event of events) if (event.type === 'step_finished') told.set(event.step_id, event.state)
  const done = new Set<string>()
  const lost = new Set<string>()
  for (const { id, made = {} } of steps) {
    const outputs = Object.keys(made).filter((asset) => asset !== '')
    const kept = outputs.every((asset) => published.get(asset)?.some(({ step }) => step === id))
    if ((outputs.length > 0 && kept) || told.get(id) === 'succeeded') done.add(id)
    if (!kept) lost.add(id)
  }
  const made = new Map([...published].flatMap(([asset, all]) => (all[0] ? [[asset, all[0]]] : [])))
  const versions = new Set([...published.values()].flatMap((all) => all.map(({ id }) => id)))
  return { done, made, versions, lost: lost.intersection(done) }
}

/** The versions of an asset that a run has published, as far as they are kept, the newest first. */
async function publishedBy(
  dataset: Dataset,
  { run_id: runId, heads }: RunRecord,
  asset: string,
): Promise<readonly Version[]> {
  const head = await dataset.head()
  const versions: Version[] = []
  for (let number = head?.number ?? 0; number > heads[asset]!; number--) {
    const version = number === head!.number ? head : await dataset.version?.(number)
    if (version?.runId === runId) versions.push(version)
  }
  return versions
}

interface Pinned {
  readonly pins: ReadonlyMap<string, Pin>
  /** What has no versions, as it is now. */
  readonly states: States
}

/** Where the inputs of the run stood, as far as that is kept. */
async function pinsNow({ graph, reading }: ResumeRequest['request'], { pins }: RunRecord): Promise<Pinned> {
  const found = new Map<string, Pin>()
  for (const [asset, { env, id, number }] of Object.entries(pins)) {
    if (!graph.assets.has(asset)) continue
    const dataset = reading.dataset(asset, env)
    const version = id === undefined ? undefined : await kept(dataset, number!, id)
    found.set(asset, { env, dataset, version })
  }
  const states = openStates(graph, async (asset) => found.get(asset)!)
  await states.look([...found].flatMap(([asset, { version }]) => (version ? [] : [asset])))
  return { pins: found, states }
}

async function kept(dataset: Dataset, number: number, id: string): Promise<Version | undefined> {
  const head = await dataset.head()
  if (head?.id === id) return head
  const version = await dataset.version?.(number)
  return version?.id === id ? version : undefined
}

/** What a node that is left computes with has to be what it was. */
async function changedCode(
  { graph, fingerprints }: ResumeRequest['request'],
  record: RunRecord,
  left: readonly RecordedStep[],
): Promise<readonly LevadaError[]> {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]))
  const errors = new Map<string, LevadaError>()
  const tell = (name: string, why: string): void =>
    void errors.set(
      name,
      new LevadaError('CODE_CHANGED', `Run ${record.run_id} cannot go on with '${name}': ${why}.`, {
        hint: anew(record),
        details: { node: name, why },
      }),
    )
  for (const { node: id, source, made = {} } of left) {
    if (source !== undefined && graph.assets.get(source)?.role !== 'source')
      tell(source, 'it is no source any more')
    if (id === undefined || errors.has(id)) continue
    const node = nodes.get(id)
    if (!node) {
      tell(id, 'it is not there any more')
      continue
    }
    const changes = new Set<string>()
    for (const [asset, index] of Object.entries(made)) {
      const output = Object.values(node.node.outputs).find(({ name }) => name === asset)
      if (asset !== '' && !output) changes.add(`it does not write ${asset} any more`)
      else {
        const now = await fingerprints.of(node, output)
        const before = index === null ? undefined : record.fingerprints[index]
        const then = before && { ...before, packages: record.packages[before.packages] ?? {} }
        const reasons = then ? fingerprintChanges(then, now) : [{ kind: 'code', names: [] } as const]
        for (const reason of reasons) changes.add(showReasons([reason]))
      }
    }
    if (changes.size > 0) tell(id, [...changes].join('; '))
  }
  return [...errors.values()]
}

/** What a step that is left reads has to be what it was. */
async function changedInputs(
  {
    request,
    record,
    lost,
  }: Pick<ResumeRequest, 'request'> & { record: RunRecord; lost: ReadonlySet<string> },
  left: readonly RecordedStep[],
  { pins, states }: Pinned,
): Promise<readonly LevadaError[]> {
  const errors: LevadaError[] = []
  const tell = (asset: string, was: string, is: string): void =>
    void errors.push(
      new LevadaError(
        'INPUT_CHANGED',
        `Run ${record.run_id} cannot go on: '${asset}' was ${was} when it began, and is ${is}.`,
        { hint: anew(record), details: { asset, was, is } },
      ),
    )
  const nodes = new Map(request.graph.nodes.map((node) => [node.id, node]))
  const read = new Set(
    left.flatMap(({ node, source }) => (source === undefined ? (nodes.get(node!)?.reads ?? []) : [source])),
  )
  for (const [asset, pin] of Object.entries(record.pins)) {
    const now = pins.get(asset)
    if (!read.has(asset) || !now) continue
    if (pin.id !== undefined && !now.version)
      tell(
        asset,
        `version ${pin.number} (${pin.id})`,
        `${(await versionNow(now.dataset)) ?? 'not there'}; the former is not kept`,
      )
    if (pin.id === undefined && pin.state !== undefined && pin.state !== states.of(asset, undefined))
      tell(asset, ...(await contentNow(now.dataset, pin)))
  }
  // What the run made itself.
  for (const step of record.steps.filter(({ id }) => lost.has(id)))
    if (left.some(({ needs }) => needs.includes(step.id)))
      for (const asset of Object.keys(step.made ?? {}).filter((name) => name !== ''))
        errors.push(
          new LevadaError(
            'INPUT_CHANGED',
            `Run ${record.run_id} cannot go on: what it made of '${asset}' is not kept, and the rest reads it.`,
            { hint: anew(record), details: { asset } },
          ),
        )
  return errors
}

async function versionNow(dataset: Dataset): Promise<string | undefined> {
  const head = await dataset.head()
  return head && `version ${head.number} (${head.id})`
}

async function contentNow(
  dataset: Dataset,
  { changed_at: then }: RecordedPin,
): Promise<readonly [was: string, is: string]> {
  const at = `${dataset.address} `
  if (!(await dataset.exists()))
    return [then === undefined ? `${at}with some content` : `${at}of ${timeText(then)}`, 'not there']
  const now = await dataset.changedAt?.()
  if (then === undefined || now === undefined || then === now)
    return [`${at}with another content`, 'not that any more']
  return [`${at}of ${timeText(then)}`, `of ${timeText(now)}`]
}

/** The command that the run was, but for what is secret. */
const anew = ({ selection, env, partition, chunk, mode, params }: RunRecord): string => {
  const command =
    chunk === undefined
      ? runCommand(selection, env, partition)
      : `${backfillCommand(selection, env, partition)} --chunk ${chunk}`
  const given = Object.entries(params).flatMap(([pipeline, values]) =>
    Object.entries(values ?? {}).map(
      ([name, value]) =>
        ` --param ${quoted(`${pipeline}.${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)}`,
    ),
  )
  const how = { changed: '', force: ' --force', missing: ' --only-missing' }[mode]
  const leaves = mode === 'force' ? '' : ', which leaves out what is done and unchanged'
  return `Run it anew${leaves}: ${command.trim()}${given.join('')}${how}`
}

import {
  random,
  type Random,
  apply,
  byId,
  plan,
  reads,
  type State,
  type Work,
  textOf,
  idOf,
  keysOf,
  nameOf,
  type Key,
  type Node,
  type World,
} from '@levada/reference'
import { isLevadaError, type LevadaError } from '@levada/core/spi'
import { requestOf, worldOf } from './generate.ts'
import { openLevada, type HasRows, type Step } from './levada.ts'

/** What the two differ in: nothing, or a text. */
export type Difference = string | undefined

/** One world, and some requests with changes in between. The same seed and number make the same case. */
export async function runCase(seed: number, number: number): Promise<Difference> {
  const choices = random(seed, number)
  const world = worldOf(choices)
  if (world.nodes.length === 0) return undefined
  const state: State = {
    code: new Map(world.nodes.map((node) => [idOf(node), 1])),
    sources: new Map([...world.sources].map((name) => [name, 1])),
    stored: new Map(),
  }
  const levada = openLevada(world, state)
  for (let round = 0; round < 5; round++) {
    if (round > 0) change(choices, world, state)
    const request = requestOf(choices, world)
    const where = `seed ${seed}, case ${number}, round ${round}: '${textOf(request.selection)}' ${JSON.stringify(request.partitions ?? 'whole')} ${request.mode}`
    const expected = plan(world, state, request)
    const found = await levada.plan(request).catch(errorsOf)
    if (!('steps' in found) || typeof expected === 'string') {
      const codes = 'steps' in found ? ['a plan'] : [...new Set(found.map(({ code }) => code))]
      const have = codes.join(' ')
      const want =
        typeof expected === 'string' ? expected : expected.size === 0 ? 'SELECTION_EMPTY' : 'a plan'
      // Levada tells all that is wrong at once.
      if (!codes.includes(want))
        return `${where}\nexpected ${want}, found ${have}\n${'steps' in found ? '' : found.map(({ message }) => message).join('\n')}\n${showWorld(world)}`
      continue
    }
    for (const node of world.nodes) {
      const id = idOf(node)
      const steps = found.steps.filter(({ work }) => work.kind === 'node' && work.node.id === id)
      const parts = steps.map(({ partitions }) => partitions ?? 'whole')
      const want = showWork(expected.get(id))
      const have =
        parts.includes('whole') || parts.length === 0
          ? parts.join(' ') || 'nothing'
          : names(parts.flat() as Key[])
      if (want !== have) return `${where}\n${id}: expected ${want}, found ${have}\n${showWorld(world)}`
      for (const step of steps) {
        const wrong = wrongInput(world, node, step, found.steps)
        if (wrong !== undefined) return `${where}\n${step.id} ${wrong}\n${showWorld(world)}`
      }
    }
    // One step in ten fails, and what needs it does not run.
    const failed = new Set<string>()
    for (const step of found.steps) {
      if (step.work.kind !== 'node') continue
      if (step.needs.some((need) => failed.has(need)) || choices.chance(0.1)) {
        failed.add(step.id)
        continue
      }
      const version = `${round}-${step.id}`
      const empty = new Set<string>()
      for (const name of step.work.node.writes)
        for (const key of keysOf(world.assets.get(name)!))
          if (choices.chance(0.2)) empty.add(`${name} ${nameOf(key)}`)
      const hasRows: HasRows = (asset, key) => !empty.has(`${asset} ${nameOf(key)}`)
      await levada.apply(step, version, hasRows)
      apply(world, state, byId(world, step.work.node.id), step.partitions ?? 'whole', version, hasRows)
    }
  }
  return undefined
}

/** Code may become again what it was; a delivery is always another one. */
function change(choices: Random, world: World, { code, sources }: State): void {
  if (choices.chance(0.3)) code.set(idOf(choices.pick(world.nodes)), choices.int(2))
  if (!choices.chance(0.3) || world.sources.size === 0) return
  const source = choices.pick([...world.sources])
  sources.set(source, sources.get(source)! + 1)
}

/** What a plan was refused with. */
function errorsOf(error: unknown): readonly LevadaError[] {
  const all = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
  if (!all.every(isLevadaError)) throw error
  return all
}

/** What a step reads, where from, and what it waits for. */
function wrongInput(world: World, node: Node, step: Step, all: readonly Step[]): Difference {
  for (const { asset, partitions, from } of step.inputs) {
    const read = names(reads(world, node, asset, step.partitions ?? 'whole'))
    const have = names(keysOf(world.assets.get(asset)!).filter((key) => isAmong(key, partitions)))
    if (read !== have) return `reads ${asset}: expected ${read}, found ${have}`
    const makers = all.filter(({ work }) => work.kind === 'node' && work.node.writes.includes(asset))
    const source = makers.length > 0 ? 'run' : world.sources.has(asset) ? 'source' : 'version'
    if (from !== source) return `reads ${asset} from ${from}, expected ${source}`
    const before = new Set(all.slice(0, all.indexOf(step)).map(({ id }) => id))
    const missed = makers.find(
      ({ id, partitions: made = keysOf(world.assets.get(asset)!) }) =>
        names(made)
          .split(' ')
          .some((name) => read.split(' ').includes(name)) && !(step.needs.includes(id) && before.has(id)),
    )
    if (missed) return `does not wait for ${missed.id}`
  }
  return undefined
}

/** A dimension that is not named is read wholly, as is all without partitions. */
const isAmong = (key: Key, partitions: readonly Key[] | undefined): boolean =>
  partitions?.some((each) => Object.entries(each).every(([column, value]) => key[column] === value)) ?? true

const names = (keys: readonly Readonly<Record<string, string>>[]): string =>
  keys.map(nameOf).toSorted().join(' ')
const showWork = (work: Work | undefined): string =>
  work === undefined ? 'nothing' : work === 'whole' ? 'whole' : names(work)

function showWorld({ assets, nodes }: World): string {
  return [
    ...[...assets.values()].map(({ name, dimensions }) =>
      [
        name,
        ...dimensions.map(({ column, kind, values }) => `${column} ${kind} ${values[0]}..${values.at(-1)}`),
      ].join('  '),
    ),
    ...nodes.map((node) => `${idOf(node)} ${JSON.stringify(node.reads)} -> ${node.writes.join(' ')}`),
  ].join('\n')
}

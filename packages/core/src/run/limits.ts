import type { App, Graph } from '../app/index.ts'
import type { Config } from '../config/index.ts'
import type { Step } from '../plan/index.ts'
import { lowestFirst, type LowestFirst } from './lowest-first.ts'

/** How many steps run at once of those that have a label: `tag:heavy`, `resource:notify`. */
export type Limits = Readonly<Record<string, number>>

/** What steps of an app may be limited by: tags of assets, resources of nodes, engines. */
export function limitable({ plugins, resources }: App, graph: Graph, config: Config): readonly string[] {
  const tags = [...graph.assets.values()].flatMap(({ asset }) => asset.tags)
  const engines = plugins.flatMap((plugin) => Object.keys(plugin.engines))
  const named = [...config.section('resources').entries.keys()].filter((name) => !name.startsWith('_'))
  return [
    ...new Set([
      ...tags.map((tag) => `tag:${tag}`),
      ...[...engines, ...named, ...Object.keys(resources)].map((name) => `resource:${name}`),
    ]),
  ]
}

/** Tags of what a step writes, or checks, resources of its node, and its engine. */
export function labelsOf({ work, engine }: Step): readonly string[] {
  const assets = work.kind === 'node' ? Object.values(work.node.node.outputs) : [work.source]
  const resources = work.kind === 'node' ? Object.keys(work.node.node.resources) : []
  return [
    ...new Set([
      ...assets.flatMap(({ tags }) => tags.map((tag) => `tag:${tag}`)),
      ...[...resources, engine].map((name) => `resource:${name}`),
    ]),
  ]
}

/** Places of steps, of which the lowest that no limit holds back is taken. */
export interface LimitedQueue extends Pick<LowestFirst, 'add' | 'take'> {
  /** What was taken has ended. */
  readonly ended: (place: number) => void
}

/** @param labelsAt of the step at a place */
export function limitedQueue(limits: Limits, labelsAt: (place: number) => readonly string[]): LimitedQueue {
  const free = new Map(Object.entries(limits))
  const limitedBy = (place: number): readonly string[] => labelsAt(place).filter((label) => free.has(label))
  const change = (place: number, by: number): void => {
    for (const label of limitedBy(place)) free.set(label, free.get(label)! + by)
  }
  const ready = lowestFirst()
  /** Those that were held back, by what did. */
  const held = new Map([...free.keys()].map((label) => [label, lowestFirst()]))
  const lowest = (): LowestFirst | undefined => {
    let found: LowestFirst | undefined
    for (const queue of [
      ready,
      ...[...held].flatMap(([label, each]) => (free.get(label)! > 0 ? [each] : [])),
    ])
      if (queue.peek() !== undefined && (!found || queue.peek()! < found.peek()!)) found = queue
    return found
  }
  return {
    add: ready.add,
    take() {
      for (let queue = lowest(); queue; queue = lowest()) {
        const place = queue.take()!
        const full = limitedBy(place).find((label) => free.get(label) === 0)
        if (full !== undefined) held.get(full)!.add(place)
        else {
          change(place, -1)
          return place
        }
      }
      return undefined
    },
    ended: (place) => change(place, 1),
  }
}

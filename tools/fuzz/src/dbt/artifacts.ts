import { isDeepStrictEqual } from 'node:util'
import { isLevadaError } from '@levada/core'
import { catalogOf, freshnessOf, manifestOf, parseArtifact, runResultsOf } from '@levada/resource-dbt'
import type { Random } from '../random.ts'
import { pathsOf, stranger, withNewField, withValue, type JsonObject, type Path } from './json-places.ts'

/** What an artifact says of each thing in it, by id. */
type Facts = ReadonlyMap<string, unknown>

/** How an artifact is read, by the name of its file. */
export type Readers = Readonly<Record<string, (content: string, file: string) => Facts>>

/** Without what is quoted of the artifact, which differs with it. */
const withoutRaw = (value: unknown): unknown => {
  const { raw: _raw, ...rest } = value as JsonObject
  return rest
}
const entries = (map: ReadonlyMap<string, unknown>): readonly (readonly [string, unknown])[] =>
  [...map].map(([id, value]) => [id, withoutRaw(value)])

export const readers: Readers = {
  'run_results.json': (content, file) =>
    new Map(runResultsOf(parseArtifact(content, file)).nodes.map((node) => [node.id, node])),
  'sources.json': (content, file) =>
    new Map(freshnessOf(parseArtifact(content, file)).map((source) => [source.id, source])),
  'catalog.json': (content, file) => new Map(entries(catalogOf(parseArtifact(content, file)).tables)),
  'manifest.json'(content, file) {
    const { nodes, sources } = manifestOf(parseArtifact(content, file))
    return new Map([...entries(nodes), ...entries(sources)])
  },
}

export interface MutatedArtifact {
  /** `run_results.json` */
  readonly file: string
  readonly content: string
  readonly done: string
  /** What has to be told: an error, or facts, where those of some ids may be any or gone. */
  readonly expect: 'error' | 'anything' | { readonly facts: Facts; readonly but: readonly string[] }
}

/** One as dbt wrote it, and what is read of it. */
export interface Artifact {
  readonly file: string
  readonly text: string
  readonly json: JsonObject
  readonly facts: Facts
}

interface ArtifactMutator {
  readonly name: string
  readonly weight: number
  readonly mutate: (artifact: Artifact, random: Random) => Omit<MutatedArtifact, 'file'>
}

/** The ids that a place in an artifact may have to do with; undefined where it has to do with all. */
function idsAt({ json, facts }: Artifact, path: Path): readonly string[] | undefined {
  const [part, key] = path
  // Which version wrote it, and the like, says nothing of single things.
  if (part !== 'results' && part !== 'nodes' && part !== 'sources') return []
  if (key === undefined) return undefined
  if (part !== 'results') return [String(key)]
  const result = (json['results'] as readonly JsonObject[])[Number(key)]
  return [String(result?.['unique_id'])].filter((id) => facts.has(id))
}

const indented = (value: unknown): string => JSON.stringify(value, null, 1)

const mutators: readonly ArtifactMutator[] = [
  {
    name: 'truncated',
    weight: 4,
    mutate({ text }, random) {
      const end = random.int(text.trimEnd().length)
      return { content: text.slice(0, end), done: `it ends after ${end} characters`, expect: 'error' }
    },
  },
  {
    name: 'text around',
    weight: 3,
    mutate({ text }, random) {
      const noise = random.pick([
        'Traceback (most recent call last):\n',
        '\uFEFF',
        '<!doctype html>',
        '}',
        text,
      ])
      const content = random.chance(0.5) ? noise + text : text + noise
      return { content, done: JSON.stringify(noise.slice(0, 40)), expect: 'error' }
    },
  },
  {
    name: 'no object',
    weight: 2,
    mutate(_, random) {
      const content = random.pick(['', 'null', '[]', '1', '"{}"', 'true', '[{"results":[]}]', '\0'])
      return { content, done: JSON.stringify(content), expect: 'error' }
    },
  },
  {
    name: 'empty object',
    weight: 1,
    mutate: () => ({ content: '{}', done: '{}', expect: { facts: new Map(), but: [] } }),
  },
  {
    name: 'damaged bytes',
    weight: 5,
    mutate({ text }, random) {
      const bytes = Buffer.from(text)
      const count = 1 + random.int(5)
      for (let i = 0; i < count; i++) bytes[random.int(bytes.length)] = random.int(256)
      return { content: bytes.toString('utf8'), done: `${count} bytes`, expect: 'anything' }
    },
  },
  {
    name: 'value of another type',
    weight: 8,
    mutate(artifact, random) {
      const path = random.pick(pathsOf(artifact.json))
      const content = indented(withValue(artifact.json, path, (old) => stranger(old, random)))
      const but = idsAt(artifact, path)
      return { content, done: path.join('.'), expect: but ? { facts: artifact.facts, but } : 'anything' }
    },
  },
  {
    name: 'field that is gone',
    weight: 4,
    mutate(artifact, random) {
      const path = random.pick(pathsOf(artifact.json).filter((each) => typeof each.at(-1) === 'string'))
      const content = indented(withValue(artifact.json, path, () => undefined))
      const but = idsAt(artifact, path)
      return { content, done: path.join('.'), expect: but ? { facts: artifact.facts, but } : 'anything' }
    },
  },
  {
    name: 'unknown fields',
    weight: 4,
    mutate({ json, facts }, random) {
      // Objects whose keys are names, such as nodes by id, would have a thing more.
      const ofNames = /^(nodes|sources|exposures|unit_tests|columns)$/
      const objects = [[], ...pathsOf(json)].filter((path) => {
        const value = path.reduce<unknown>((of, key) => (of as JsonObject)[key], json)
        return (
          typeof value === 'object' &&
          value !== null &&
          !Array.isArray(value) &&
          !ofNames.test(String(path.at(-1)))
        )
      })
      const path = random.pick(objects)
      const content = indented(
        withValue(json, path, (old) => withNewField(old as JsonObject, random, { deep: [1] })),
      )
      return { content, done: path.join('.'), expect: { facts, but: [] } }
    },
  },
  {
    name: 'unknown status',
    weight: 3,
    mutate({ json, facts }, random) {
      const results = Array.isArray(json['results']) ? (json['results'] as readonly JsonObject[]) : []
      if (results.length === 0) return { content: indented(json), done: 'none', expect: { facts, but: [] } }
      const at = random.int(results.length)
      const id = String(results[at]!['unique_id'])
      const status = random.pick(['reborn', 'constructor', '__proto__', '成功'])
      const content = indented(withValue(json, ['results', at, 'status'], () => status))
      const node = { ...(facts.get(id) as object), status }
      return {
        content,
        done: `${id} ends with ${status}`,
        expect: { facts: new Map([...facts, [id, node]]), but: [] },
      }
    },
  },
  {
    name: 'another order',
    weight: 2,
    mutate({ json, facts }, random) {
      const results = Array.isArray(json['results']) ? { results: random.shuffle(json['results']) } : {}
      const content = indented(Object.fromEntries(random.shuffle(Object.entries({ ...json, ...results }))))
      return { content, done: 'all keys and results', expect: { facts, but: [] } }
    },
  },
  {
    name: 'repeated results',
    weight: 2,
    mutate({ json, facts }, random) {
      const results = Array.isArray(json['results'])
        ? { results: [...json['results'], ...random.shuffle(json['results'])] }
        : {}
      return { content: indented({ ...json, ...results }), done: 'all', expect: { facts, but: [] } }
    },
  },
]
export const artifactMutators: readonly { readonly name: string; readonly weight: number }[] = mutators

export const artifactOf = (file: string, text: string): Artifact => ({
  file,
  text,
  json: JSON.parse(text) as JsonObject,
  facts: readers[file]!(text, file),
})

export const mutateArtifact = (artifact: Artifact, name: string, random: Random): MutatedArtifact => ({
  file: artifact.file,
  ...mutators.find((mutator) => mutator.name === name)!.mutate(artifact, random),
})

/** Why what is read of an artifact is not what it has to be; undefined when it is. */
export function judgeArtifact(
  { file, content, expect }: MutatedArtifact,
  read = readers[file]!,
): string | undefined {
  let seen: Facts
  try {
    seen = read(content, file)
  } catch (error) {
    if (!isLevadaError(error)) return `it throws ${String(error)}`
    if (expect !== 'error' && expect !== 'anything') return `it throws ${error.code}: ${error.message}`
    return error.code === 'DATA_UNREADABLE' && error.place?.file === file && error.hint !== ''
      ? undefined
      : `${error.code} without the place or a remedy: ${error.message}`
  }
  if (expect === 'error') return 'nothing is told'
  if (expect === 'anything') return undefined
  for (const [id, fact] of expect.facts) {
    if (expect.but.includes(id)) continue
    if (!seen.has(id)) return `${id} is lost`
    if (!isDeepStrictEqual(seen.get(id), fact))
      return `${id} became ${JSON.stringify(seen.get(id))} in place of ${JSON.stringify(fact)}`
  }
  return undefined
}

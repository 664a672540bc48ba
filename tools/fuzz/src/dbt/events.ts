import { isDeepStrictEqual } from 'node:util'
import { createEventParser, type DbtEvent, type EventParser } from '@levada/resource-dbt'
import type { Random } from '../random.ts'
import { pathsOf, stranger, withNewField, withValue, type JsonObject } from './json-places.ts'

/** What has to come of a line: this event, where `isOther` but for what it quotes of its line; or anything, as long as something does. */
type Expected = { readonly event: DbtEvent; readonly isOther?: true } | 'anything'

/** A line without its break. */
export interface Line {
  readonly bytes: Buffer
  readonly expect: Expected
}

interface Changed {
  readonly lines: readonly Line[]
  readonly done: string
}

interface EventMutator {
  readonly name: string
  readonly weight: number
  readonly mutate: (lines: readonly Line[], random: Random) => Changed
}

const ofText = (text: string): Line => ({
  bytes: Buffer.from(text),
  expect: { event: { kind: 'text', text } },
})
const damaged = (bytes: Buffer): Line => ({ bytes, expect: 'anything' })

/** The lines of a recording, each with the event that it is when nothing is wrong. */
export function linesOf(log: Buffer): readonly Line[] {
  const texts = log
    .toString('utf8')
    .split('\n')
    .filter((text) => text !== '')
  return texts.map((text) => {
    const parser = createEventParser()
    const [event] = [...parser.push(Buffer.from(`${text}\n`)), ...parser.end()]
    return { bytes: Buffer.from(text), expect: { event: event! } }
  })
}

const replaced = (lines: readonly Line[], at: number, ...by: readonly Line[]): readonly Line[] => [
  ...lines.slice(0, at),
  ...by,
  ...lines.slice(at + 1),
]

/** Lines that hold an event, by their position. */
export const eventsIn = (lines: readonly Line[]): readonly number[] =>
  lines.flatMap(({ expect }, i) => (expect !== 'anything' && expect.event.kind !== 'text' ? [i] : []))

const jsonOf = (line: Line): JsonObject => JSON.parse(line.bytes.toString('utf8')) as JsonObject
const eventOf = (line: Line): DbtEvent => (line.expect as { readonly event: DbtEvent }).event
const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** Lines that other programs write into dbt's output. */
const noise: readonly string[] = [
  'Traceback (most recent call last):',
  '  File "/dbt/cli/main.py", line 148, in wrapper',
  "KeyError: 'orders'",
  '/dbt/site.py:3: DeprecationWarning: datetime.utcnow() is deprecated',
  '日本 🚰 \u2028 ü',
  '\u001b[31mERROR\u001b[0m',
  '{',
  '{}',
  '{"a": 1}',
  '{"info": {}}',
  '{"info": {"name": 5}, "data": {}}',
  '{"info": null, "data": null}',
  '{"level": "info", "msg": "a log of another program"}',
  '[{"info": {"name": "NodeFinished"}}]',
  'null',
  ' ',
  '\t{"info": {"name": "NodeStart"}}',
]

const mutators: readonly EventMutator[] = [
  {
    name: 'truncated line',
    weight: 6,
    mutate(lines, random) {
      const at = random.int(lines.length)
      const { bytes } = lines[at]!
      const end = 1 + random.int(Math.max(1, bytes.length - 1))
      return {
        lines: replaced(lines, at, damaged(bytes.subarray(0, end))),
        done: `line ${at + 1} ends after ${end} bytes`,
      }
    },
  },
  {
    name: 'text between lines',
    weight: 5,
    mutate(lines, random) {
      const at = random.int(lines.length)
      const texts = random.shuffle(noise).slice(0, 1 + random.int(4))
      return {
        lines: replaced(lines, at, ...texts.map(ofText), lines[at]!),
        done: `before line ${at + 1}: ${JSON.stringify(texts)}`,
      }
    },
  },
  {
    name: 'text within a line',
    weight: 5,
    mutate(lines, random) {
      const at = random.int(lines.length)
      const { bytes } = lines[at]!
      const cut = random.int(bytes.length + 1)
      const text = random.pick(noise)
      const parts = [bytes.subarray(0, cut), bytes.subarray(cut)]
      const broken = random.chance(0.5)
        ? [damaged(Buffer.concat([parts[0]!, Buffer.from(text), parts[1]!]))]
        : [damaged(parts[0]!), ofText(text), damaged(parts[1]!)].filter(({ bytes }) => bytes.length > 0)
      return { lines: replaced(lines, at, ...broken), done: `${text} at byte ${cut} of line ${at + 1}` }
    },
  },
  {
    name: 'lines without a break between',
    weight: 3,
    mutate(lines, random) {
      const at = random.int(lines.length - 1)
      const both = Buffer.concat([lines[at]!.bytes, lines[at + 1]!.bytes])
      return {
        lines: [...lines.slice(0, at), damaged(both), ...lines.slice(at + 2)],
        done: `lines ${at + 1} and ${at + 2} are one`,
      }
    },
  },
  {
    name: 'unknown event',
    weight: 4,
    mutate(lines, random) {
      const at = random.pick(eventsIn(lines))
      const raw = jsonOf(lines[at]!)
      const name = random.pick(['CameLater', 'constructor', '__proto__', 'Node Finished', 'ノード'])
      const level = random.pick(['debug', 'info', 'warn', 'error', 'dynamic'])
      const old = raw['info'] as JsonObject
      const info = { ...old, name, level }
      const before = eventOf(lines[at]!)
      // Of an event for machines no message is told, and this one may be cut.
      if (!('message' in before)) return mutators[0]!.mutate(lines, random)
      const { message } = before
      const told = { name, level: level === 'dynamic' ? 'info' : level, message }
      const event = (level === 'debug' ? { kind: 'other', name } : { kind: 'log', ...told }) as DbtEvent
      return {
        lines: replaced(lines, at, { bytes: bytesOf({ ...raw, info }), expect: { event, isOther: true } }),
        done: `line ${at + 1} is a ${name} of level ${level}`,
      }
    },
  },
  {
    name: 'unknown fields',
    weight: 5,
    mutate(lines, random) {
      const at = random.pick(eventsIn(lines))
      const raw = jsonOf(lines[at]!)
      const objects = [[], ...pathsOf(raw)].filter((path) => {
        const value = path.reduce<unknown>((of, key) => (of as JsonObject)[key], raw)
        return typeof value === 'object' && value !== null && !Array.isArray(value)
      })
      const path = random.pick(objects)
      const content = random.pick<unknown>([
        1,
        'x',
        null,
        { name: 'NodeFinished', pid: 1 },
        ['"name": "SQLQuery", "pid"'],
      ])
      const more = withValue(raw, path, (old) => withNewField(old as JsonObject, random, content))
      return {
        lines: replaced(lines, at, {
          bytes: bytesOf(more),
          expect: { event: eventOf(lines[at]!), isOther: true },
        }),
        done: `line ${at + 1}: a field in ${path.join('.') || 'all'}: ${JSON.stringify(content)}`,
      }
    },
  },
  {
    name: 'unknown status',
    weight: 3,
    mutate(lines, random) {
      const finished = eventsIn(lines).filter((i) => eventOf(lines[i]!).kind === 'node_finished')
      if (finished.length === 0) return mutators[0]!.mutate(lines, random)
      const at = random.pick(finished)
      const event = eventOf(lines[at]!) as DbtEvent & { kind: 'node_finished' }
      const status = random.pick(['reborn', 'constructor', '__proto__', '成功'])
      const raw = withValue(jsonOf(lines[at]!), ['data', 'run_result', 'status'], () => status)
      return {
        lines: replaced(lines, at, {
          bytes: bytesOf(raw),
          expect: { event: { ...event, status }, isOther: true },
        }),
        done: `line ${at + 1} ends with ${status}`,
      }
    },
  },
  {
    name: 'value of another type',
    weight: 8,
    mutate(lines, random) {
      const at = random.pick(eventsIn(lines))
      const raw = jsonOf(lines[at]!)
      const path = random.pick(pathsOf(raw))
      const other = withValue(raw, path, (old) => stranger(old, random))
      return {
        lines: replaced(lines, at, damaged(bytesOf(other))),
        done: `line ${at + 1}: ${path.join('.')} is of another type`,
      }
    },
  },
  {
    name: 'field that is gone',
    weight: 3,
    mutate(lines, random) {
      const at = random.pick(eventsIn(lines))
      const raw = jsonOf(lines[at]!)
      const path = random.pick(pathsOf(raw))
      const less = withValue(raw, path, () => undefined)
      return {
        lines: replaced(lines, at, damaged(bytesOf(less))),
        done: `line ${at + 1}: no ${path.join('.')}`,
      }
    },
  },
  {
    name: 'line of 10 MB',
    weight: 1,
    mutate(lines, random) {
      const huge = 'select 1 union all '.repeat(550_000)
      const at = random.pick(eventsIn(lines))
      if (random.chance(0.3))
        return {
          lines: replaced(lines, at, ofText(huge), lines[at]!),
          done: `10 MB of text before line ${at + 1}`,
        }
      const raw = withNewField(jsonOf(lines[at]!), random, huge)
      return {
        lines: replaced(lines, at, {
          bytes: bytesOf(raw),
          expect: { event: eventOf(lines[at]!), isOther: true },
        }),
        done: `line ${at + 1} has 10 MB more`,
      }
    },
  },
  {
    name: 'damaged bytes',
    weight: 6,
    mutate(lines, random) {
      const at = random.int(lines.length)
      const bytes = Buffer.from(lines[at]!.bytes)
      // Not those that end lines.
      const others = Array.from({ length: 256 }, (_, byte) => byte).filter(
        (byte) => byte !== 10 && byte !== 13,
      )
      const count = 1 + random.int(5)
      for (let i = 0; i < count; i++) bytes[random.int(bytes.length)] = random.pick(others)
      return { lines: replaced(lines, at, damaged(bytes)), done: `${count} bytes of line ${at + 1}` }
    },
  },
  {
    name: 'deep nesting',
    weight: 1,
    mutate(lines, random) {
      const at = random.int(lines.length)
      const depth = random.pick([1000, 100_000])
      const nested = `{"info":{"name":"NodeStart","msg":${'['.repeat(depth)}${random.chance(0.5) ? ']'.repeat(depth) : ''}}}`
      return {
        lines: replaced(lines, at, damaged(Buffer.from(nested)), lines[at]!),
        done: `${depth} brackets before line ${at + 1}`,
      }
    },
  },
  {
    name: 'repeated lines',
    weight: 3,
    mutate(lines, random) {
      const at = random.int(lines.length)
      const again = lines.slice(at, at + 1 + random.int(5))
      return {
        lines: [...lines.slice(0, at), ...again, ...lines.slice(at)],
        done: `${again.length} lines from ${at + 1} on, twice`,
      }
    },
  },
  {
    name: 'lines in another order',
    weight: 3,
    mutate: (lines, random) => ({ lines: random.shuffle(lines), done: 'all lines' }),
  },
  {
    name: 'lines that are gone',
    weight: 2,
    mutate(lines, random) {
      const at = random.int(lines.length)
      const end = at + 1 + random.int(lines.length - at)
      return { lines: [...lines.slice(0, at), ...lines.slice(end)], done: `lines ${at + 1} to ${end}` }
    },
  },
]
export const eventMutators: readonly { readonly name: string; readonly weight: number }[] = mutators

/** A stream as a parser gets it. */
export interface EventStream {
  readonly done: string
  readonly chunks: readonly Buffer[]
  readonly lines: readonly Line[]
}

/** A recording after a mutation, and maybe a second one, cut into chunks of any length. */
export function mutateEvents(recorded: readonly Line[], name: string, random: Random): EventStream {
  const first = mutators.find((mutator) => mutator.name === name)!
  const changed = first.mutate(recorded, random)
  const also = random.chance(0.3) ? random.pick(mutators.filter((each) => each.weight > 1)) : undefined
  const isPossible = also !== undefined && eventsIn(changed.lines).length > 1
  const twice = isPossible ? also.mutate(changed.lines, random) : undefined
  const { lines } = twice ?? changed
  const end = random.pick(['\n', '\r\n', '\n\n'])
  const text = Buffer.concat(
    lines.flatMap(({ bytes }, i) => [
      bytes,
      Buffer.from(i < lines.length - 1 || random.chance(0.7) ? end : ''),
    ]),
  )
  return {
    lines,
    chunks: chunksOf(text, random),
    done: [changed.done, ...(twice ? [twice.done] : [])].join('; '),
  }
}

function chunksOf(bytes: Buffer, random: Random): readonly Buffer[] {
  // Single bytes of a long log are no other case, and take long.
  const longest = random.pick(bytes.length > 100_000 ? [2000, 65_536] : [1, 7, 300, 65_536])
  const chunks: Buffer[] = []
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + 1 + random.int(longest))
    chunks.push(bytes.subarray(from, to))
    from = to
  }
  return chunks
}

/** What is quoted of a line differs with it. */
function withoutQuotes(event: DbtEvent): object {
  const {
    line: _line,
    data: _data,
    code: _code,
    time: _time,
    ...rest
  } = event as DbtEvent & Record<string, unknown>
  return rest
}

/** Why the events of a stream are not what they have to be; undefined when they are. */
export function judgeEvents({ chunks, lines }: EventStream, parser: EventParser): string | undefined {
  const events = [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()]
  const told = lines.filter(({ bytes }) => bytes.length > 0)
  for (const [i, { expect, bytes }] of told.entries()) {
    const event = events[i]
    const quoted = bytes.toString('utf8', 0, 200)
    if (!event) return `nothing came of line ${i + 1}: ${quoted}`
    if (typeof event !== 'object' || typeof event.kind !== 'string')
      return `line ${i + 1} is no event: ${quoted}`
    if (expect === 'anything' || isDeepStrictEqual(event, expect.event)) continue
    if (expect.isOther && isDeepStrictEqual(withoutQuotes(event), withoutQuotes(expect.event))) continue
    const shown = (each: DbtEvent): string => JSON.stringify(withoutQuotes(each)).slice(0, 500)
    return `line ${i + 1} became ${shown(event)} in place of ${shown(expect.event)}: ${quoted}`
  }
  return events.length > told.length ? `${events.length} events came of ${told.length} lines` : undefined
}

import {
  codes,
  didYouMean,
  exampleOf,
  type Example,
  formatPlace,
  LevadaError,
  nearest,
  type Session,
} from '@levada/core/run'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { paint } from '../style.ts'
import { isSetting } from '../unset.ts'

export async function explain(what: string, options: AppOptions): Promise<number> {
  const word = what.toUpperCase()
  if (isCode(word)) {
    const example = await exampleOf(word)
    if (options.json) printJson({ code: word, ...codes[word], example })
    else console.log(codeText(word, example))
    return 0
  }
  if (/^[A-Z_]+$/.test(what))
    throw new LevadaError('USAGE', `There is no error code ${what}.${didYouMean(what, Object.keys(codes))}`, {
      hint: 'Name an error code, an asset, or a value by file and path: catalog.aviation.flights.path.',
    })
  await using session = await openSession(options)
  const asset = session.graph.assets.get(what)
  if (asset) return explainAsset(session, what, options)
  const found = session.explain(what)
  if (!found && isSetting(session, what)) {
    if (options.json) printJson({ path: what, set: false })
    else console.log(unsetText(session, what))
    return 0
  }
  if (!found) {
    throw new LevadaError(
      'USAGE',
      `Nothing is known of '${what}' in environment '${session.env}'.${meant(session, what)}`,
      {
        hint: 'Name an error code, an asset, or a value by file and path: catalog.aviation.flights.path.',
      },
    )
  }
  if (options.json)
    printJson({
      path: what,
      value: found.value,
      place: formatPlace(found.place),
      layer: found.layer,
      overridden: found.overridden.map(formatPlace),
      written: found.interpolation,
    })
  else {
    const name = /^catalog\.([^.{]+\.[^.{]+)/.exec(what)?.[1]
    const unknown =
      name !== undefined && !session.graph.assets.has(name)
        ? [`  no asset of the app is named '${name}'.${didYouMean(name, session.graph.assets.keys())}`]
        : []
    console.log([...explanationText(what, found), ...unknown].join('\n'))
  }
  return 0
}

const unsetText = ({ env }: Session, path: string): string =>
  `${paint('bold', path)} is not set: its default holds\n  to be said in conf/base/${path.split('.', 1)[0]!}.yml, or in conf/${env}/ for '${env}' alone`

/** What somebody may have meant: a parameter without its file, a key beside the wrong one, an asset. */
function meant({ explain: explainPath, graph }: Session, what: string): string {
  const param = `parameters.${what}`
  if (explainPath(param)) return ` Did you mean '${param}'?`
  const dot = what.lastIndexOf('.')
  const value = dot < 0 ? undefined : explainPath(what.slice(0, dot))?.value
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const [key] = nearest(what.slice(dot + 1), keys)
  return key === undefined
    ? didYouMean(what, graph.assets.keys())
    : ` Did you mean '${what.slice(0, dot)}.${key}'?`
}

type Code = keyof typeof codes
const isCode = (word: string): word is Code => Object.hasOwn(codes, word)

function codeText(code: Code, { file, wrote, run, printed }: Example): string {
  const { cause, remedy } = codes[code]
  const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ').trimEnd()
  return [
    `${paint('bold', code)}\n${cause}\n${paint('cyan', '→')} ${remedy}`,
    ...(file === undefined ? [] : [`${paint('dim', file)}\n${indented(wrote ?? '')}`]),
    `${paint('dim', `$ levada ${run}`)}\n${indented(printed)}`,
  ].join('\n\n')
}

type Explanation = NonNullable<ReturnType<Session['explain']>>

function explanationText(
  path: string,
  { value, place, layer, overridden, interpolation, errors }: Explanation,
): string[] {
  return [
    `${paint('bold', path)} = ${JSON.stringify(value)}`,
    `  said at ${formatPlace(place)} (layer ${layer})`,
    ...(interpolation === undefined ? [] : [`  written as ${interpolation}`]),
    ...overridden.map((other) => `  replaces ${formatPlace(other)}`),
    ...errors.map((error) => `  ${paint('red', error.message)}`),
  ]
}

function explainAsset(
  { graph, catalog, engines, explain: explainPath }: Session,
  name: string,
  options: AppOptions,
): number {
  const { role, pipeline } = graph.assets.get(name)!
  const producer = graph.producers.get(name)
  const readers = graph.nodes.filter(({ reads }) => reads.includes(name)).map(({ id }) => id)
  const { type, pattern, place, dataset } = catalog.entry(name)
  if (options.json) {
    printJson({
      asset: name,
      role,
      pipeline,
      producer: producer?.id,
      readers,
      type,
      pattern,
      place: formatPlace(place),
      address: dataset.address,
    })
    return 0
  }
  const lines = [
    `${paint('bold', name)}: ${role} of pipeline '${pipeline}'`,
    producer ? `  built by ${producer.id} on engine ${engines.nameFor(name)}` : '  not built here',
    `  read by ${readers.join(', ') || 'nobody here'}`,
    `  stored as ${type} at ${dataset.address}`,
    `  said at ${formatPlace(place)}${pattern === name ? '' : `, by the pattern ${pattern}`}`,
  ]
  const path = explainPath(`catalog.${name}.path`)
  if (path?.interpolation !== undefined) lines.push(`  path written as ${path.interpolation}`)
  console.log(lines.join('\n'))
  return 0
}

import { z } from 'zod'
import { didYouMean, LevadaError } from '../errors/index.ts'
import type { Column, Deprecation } from './column.ts'

/** What an author said about a schema with `.meta()` and `.describe()`. */
export const metadata = (schema: object): Readonly<Record<string, unknown>> =>
  z.globalRegistry.get(schema as never) ?? {}

type Said = Pick<Column, 'description' | 'unit' | 'deprecated'>

/** The part of a column's metadata that stands in a contract. @throws COLUMN_TYPE, GENERATE */
export function columnMetadata(meta: Readonly<Record<string, unknown>>, where: string): Said {
  const { description, unit, open, deprecated } = meta
  const wrong = (why: string, hint: string): never => {
    throw new LevadaError('COLUMN_TYPE', `Column ${where}: ${why}.`, { hint })
  }
  if (open !== undefined)
    wrong(
      'a z.enum([…]) is not open, since its consumers are compiled for these values only',
      'Write col.openEnum([…]) in its place.',
    )
  if (unit !== undefined && (typeof unit !== 'string' || unit.trim() === ''))
    wrong(`its unit is ${JSON.stringify(unit)}, which is no text`, "Write .meta({ unit: 'minutes' }).")
  return {
    ...(typeof description === 'string' && { description }),
    ...(unit !== undefined && { unit: unit as string }),
    ...(deprecated !== undefined &&
      deprecated !== false && { deprecated: deprecationOf(deprecated, `Column ${where}`) }),
  }
}

const version = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/
const keys = ['since', 'remove', 'use']

/** @param owner begins the sentence of an error. @throws GENERATE */
export function deprecationOf(given: unknown, owner: string): Deprecation {
  const wrong = (why: string): never => {
    throw new LevadaError('GENERATE', `${owner}: ${why}`, {
      hint: "Write { since: '2.1.0' }, and where it is known remove: '3.0.0' and use: 'what to read instead'.",
    })
  }
  if (typeof given !== 'object' || given === null) return wrong('deprecated says since which version it is.')
  const { since, remove, use } = given as Record<string, unknown>
  const unknown = Object.keys(given).find((key) => !keys.includes(key))
  if (unknown !== undefined) wrong(`deprecated has no '${unknown}'.${didYouMean(unknown, keys)}`)
  for (const [key, value] of Object.entries({ since, remove }))
    if (value !== undefined && (typeof value !== 'string' || !version.test(value)))
      wrong(`deprecated.${key} is a version such as '2.1.0', not ${JSON.stringify(value)}.`)
  if (since === undefined) wrong('deprecated says since which version it is.')
  if (use !== undefined && (typeof use !== 'string' || use === ''))
    wrong('deprecated.use names a column or an asset.')
  return {
    since: since as string,
    ...(remove !== undefined && { remove: remove as string }),
    ...(use !== undefined && { use: use as string }),
  }
}

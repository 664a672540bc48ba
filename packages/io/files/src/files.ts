import {
  absolutePath,
  datasetType,
  denied,
  definePlugin,
  localPath,
  plainFile,
  versionedFiles,
  type Dataset,
  type DatasetContext,
  type Denied,
  type FileFormat,
  type FormatOptions,
  type Plugin,
} from '@levada/core/spi'
import { z } from 'zod'

/** Paths that end so are a file that somebody else delivers; others are a folder that Levada writes versions to. */
const filePath = /\.(csv|tsv|json|ndjson|jsonl)(\.gz)?$/i

const unpartitioned = (format: FileFormat): Denied => denied(`${format} is written as one file`)

const delimiterOf = (path: string): string => (/\.tsv(\.gz)?$/i.test(path) ? '\t' : ',')

const csv = z.strictObject({
  path: localPath(),
  /** Field separator. @default ',' and a tab for .tsv */
  delimiter: z
    .string()
    .length(1)
    .refine((text) => text !== '"', 'a quotation mark encloses fields, and does not separate them')
    .optional(),
  /** Whether the first line holds the column names. @default true */
  header: z.boolean().optional(),
  /** The text that stands for NULL. @default '' */
  nullText: z.string().optional(),
})
const csvConfig = csv.refine(
  ({ path, delimiter = delimiterOf(path), nullText = '' }) =>
    !nullText.includes('"') && !nullText.includes(delimiter),
  { error: 'neither the delimiter nor a quotation mark can stand in nullText', path: ['nullText'] },
)
const json = z.strictObject({ path: localPath() })

/**
 * Datasets of the types `csv`, `json` (one array) and `ndjson` (one object a line), for the `plugins` of an app.
 * @example
 * geo.raw_airports: { type: csv, path: landing/airports.csv, delimiter: ';' }
 */
export const files = (): Plugin =>
  definePlugin('files', {
    datasets: {
      csv: datasetType({
        config: csvConfig,
        create: ({ path, delimiter = delimiterOf(path), header, nullText }, context) =>
          dataset('csv', path, context, {
            delimiter,
            ...(header !== undefined && { header }),
            ...(nullText !== undefined && { nullText }),
          }),
      }),
      json: datasetType({ config: json, create: ({ path }, context) => dataset('json', path, context) }),
      ndjson: datasetType({ config: json, create: ({ path }, context) => dataset('ndjson', path, context) }),
    },
  })

function dataset(
  format: FileFormat,
  path: string,
  { asset, root, retention, notice }: DatasetContext,
  options: FormatOptions = {},
): Dataset {
  const place = absolutePath(root, path)
  const common = { type: format, asset, format, options }
  return filePath.test(place)
    ? plainFile({ ...common, path: place })
    : versionedFiles({
        ...common,
        root: place,
        partitioned: format === 'csv' || unpartitioned(format),
        retention,
        notice,
      })
}

import {
  absolutePath,
  datasetType,
  definePlugin,
  localPath,
  plainFile,
  versionedFiles,
  type Plugin,
} from '@levada/core/spi'
import { z } from 'zod'

const config = z.strictObject({
  /** A folder that Levada writes versions to, or a `.parquet` file that somebody else delivers. */
  path: localPath(),
  /** Codec of what is written. @default 'zstd' */
  compression: z.enum(['zstd', 'snappy', 'gzip', 'none']).optional(),
})

/**
 * Datasets of the type `parquet`, for the `plugins` of an app.
 * @example
 * aviation.flights: { type: parquet, path: data/aviation/flights }
 */
export const parquet = (): Plugin =>
  definePlugin('parquet', {
    datasets: {
      parquet: datasetType({
        config,
        create: ({ path, compression }, { asset, root, retention, notice }) => {
          const place = absolutePath(root, path)
          const common = {
            type: 'parquet',
            asset,
            format: 'parquet',
            options: { ...(compression && { compression }) },
          } as const
          return /\.parquet$/i.test(place)
            ? plainFile({ ...common, path: place })
            : versionedFiles({ ...common, root: place, partitioned: true, retention, notice })
        },
      }),
    },
  })

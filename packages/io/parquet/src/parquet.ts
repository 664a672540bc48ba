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

const none = {}

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
          const [type, format] = ['parquet', 'parquet'] as const
          const options = compression ? { compression } : none
          return /\.parquet$/i.test(place)
            ? plainFile({ type, asset, format, options, path: place })
            : versionedFiles({
                type,
                asset,
                format,
                options,
                root: place,
                partitioned: true,
                retention,
                notice,
              })
        },
      }),
    },
  })

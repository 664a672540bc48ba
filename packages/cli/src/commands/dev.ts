import { errorRecord, LevadaError, toJson, watchApp, type DevEvent } from '@levada/core/run'
import { appDirOf, type AppOptions } from '../app.ts'
import { devText } from '../dev-text.ts'
import { interruption } from '../interruption.ts'
import { printLine } from '../print-line.ts'
import { paramsOf } from '../selection.ts'

interface DevCommandOptions extends AppOptions {
  readonly node?: string | undefined
  readonly partition?: string | undefined
  readonly limit?: string | undefined
  readonly param?: readonly string[] | undefined
}

export async function dev(asset: string | undefined, options: DevCommandOptions): Promise<number> {
  const limit = Number(options.limit ?? 10)
  if (!Number.isInteger(limit) || limit < 0)
    throw new LevadaError('USAGE', `--limit ${options.limit} is not a number of rows.`, {
      hint: 'Write --limit 20.',
    })
  if (asset !== undefined && options.node !== undefined)
    throw new LevadaError('USAGE', 'An asset and --node are two ways to say one thing.', {
      hint: 'Leave one of them out.',
    })
  const node = asset ?? options.node
  const { signal, stop } = interruption(undefined)
  try {
    const interrupted = await watchApp(
      {
        appDir: appDirOf(options),
        limit,
        params: paramsOf(options.param),
        signal,
        ...(options.env !== undefined && { env: options.env }),
        ...(node !== undefined && { node }),
        ...(options.partition !== undefined && { partition: options.partition }),
      },
      (event) =>
        options.json ? printLine(JSON.stringify(toJson(plain(event)))) : console.log(devText(event)),
    )
    return interrupted ? 130 : 0
  } finally {
    stop()
  }
}

/** An event as plain data, in the spelling of all events. */
function plain(event: DevEvent): unknown {
  if (event.type === 'errors') return { ...event, errors: event.errors.map(errorRecord) }
  if (event.type !== 'preview') return event
  const { notChecked, ...rest } = event
  return { ...rest, not_checked: notChecked }
}

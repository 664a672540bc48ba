import { LevadaError } from '@levada/core/run'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { tellDamage } from '../damage.ts'
import { bytes, paint, plural } from '../style.ts'
import { timeText } from '../time-text.ts'
import { waitingCommand, waitOf } from '../wait.ts'

interface RestoreOptions extends AppOptions {
  readonly version: string
  readonly wait?: string | boolean | undefined
}

/** @param words the command line */
export async function restore(
  asset: string,
  options: RestoreOptions,
  words: readonly string[],
): Promise<number> {
  const number = Number(options.version)
  if (!/^[1-9]\d{0,8}$/.test(options.version))
    throw new LevadaError('USAGE', `--version ${options.version} is not the number of a version.`, {
      hint: `Write --version 3; levada versions ${asset} prints those that are kept.`,
    })
  const wait = waitOf(options.wait)
  await using session = await openSession(options)
  const { from, before, version } = await session.restore(asset, number, {
    waitsBy: waitingCommand(words),
    ...(wait !== undefined && {
      wait: { forMs: wait, told: ({ message }) => console.error(`Waiting. ${message}`) },
    }),
  })
  if (options.json)
    printJson({
      asset,
      from: from.number,
      before: before.number,
      version: version.number,
      id: version.id,
      run_id: version.runId,
      rows: version.rows,
      size_bytes: version.sizeBytes,
    })
  else if (version.number === from.number)
    console.log(`Version ${number} is the current one of ${asset}: nothing to do.`)
  else {
    const env = session.env === 'dev' ? '' : ` --env ${session.env}`
    console.log(
      [
        `${paint('bold', asset)}: version ${version.number} is version ${from.number} of ${timeText(from.createdAt)} UTC again, ${plural(version.rows, 'row')}, ${bytes(version.sizeBytes)}.`,
        `Version ${before.number} is not current any more, and stays as long as its retention says.`,
        paint('dim', `What a run would do now: levada plan ${asset}+${env}`),
      ].join('\n'),
    )
  }
  tellDamage(session, options)
  return 0
}

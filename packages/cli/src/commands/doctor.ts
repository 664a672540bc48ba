import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toLevadaErrors } from '@levada/core/run'
import { appDirOf, openSession, printJson, type AppOptions } from '../app.ts'
import { paint } from '../style.ts'

interface Finding {
  readonly what: string
  readonly ok: boolean
  readonly detail: string
}

/** Looks at what a run needs of this machine: Node, the app, its engines, its sources and folders that can be written. */
export async function doctor(options: AppOptions): Promise<number> {
  const findings: Finding[] = [
    { what: 'node', ok: true, detail: `${process.version} (${process.platform} ${process.arch})` },
  ]
  const find = async (what: string, look: () => Promise<string> | string): Promise<void> => {
    try {
      findings.push({ what, ok: true, detail: await look() })
    } catch (error) {
      const [first] = toLevadaErrors(error)
      findings.push({ what, ok: false, detail: `${first!.message} ${first!.hint}` })
    }
  }
  await find('app', () => appDirOf(options))
  await find('configuration', async () => {
    await using session = await openSession(options)
    const names = new Set([...session.graph.producers.keys()].map((name) => session.engines.nameFor(name)))
    for (const name of names) {
      await find(`engine ${name}`, async () => {
        const engine = await session.engines.get(name)
        await using _ = await engine.open()
        return 'starts'
      })
    }
    for (const { name, role } of session.graph.assets.values()) {
      if (role === 'source') {
        await find(`source ${name}`, async () => {
          const { dataset } = session.catalog.entry(name)
          await dataset.locate(await dataset.head())
          return dataset.address
        })
      }
    }
    await find('state', () => writable(join(session.appDir, '.levada')))
    return `environment ${session.env}`
  })
  const bad = findings.filter(({ ok }) => !ok)
  if (options.json) printJson(findings)
  else
    for (const { what, ok, detail } of findings)
      console.log(`${ok ? paint('green', '✓') : paint('red', '✗')} ${what}: ${detail}`)
  return bad.length > 0 ? 1 : 0
}

function writable(path: string): string {
  let dir = path
  while (!existsSync(dir)) dir = dirname(dir)
  accessSync(dir, constants.W_OK)
  return `${path} can be written`
}

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LevadaError, toLevadaErrors } from '@levada/core/run'
import type { Dbt } from '@levada/resource-dbt'
import { appDirOf, openSession, printJson, type AppOptions } from '../app.ts'
import { paint } from '../style.ts'

interface Finding {
  readonly what: string
  readonly ok: boolean
  readonly detail: string
  readonly hint?: string
}

/** Looks at what a run needs of this machine: Node, the app, its engines, its sources, dbt and folders that can be written. */
export async function doctor(options: AppOptions): Promise<number> {
  const findings: Finding[] = [
    { what: 'node', ok: true, detail: `${process.version} (${process.platform} ${process.arch})` },
  ]
  const find = async (what: string, look: () => Promise<string> | string): Promise<void> => {
    try {
      findings.push({ what, ok: true, detail: await look() })
    } catch (error) {
      const [first] = toLevadaErrors(error)
      findings.push({ what, ok: false, detail: first!.message, hint: first!.hint })
    }
  }
  await find('app', () => appDirOf(options))
  await find('configuration', async () => {
    await using session = await openSession(options)
    await find('state', () => writable(join(session.appDir, '.levada')))
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
    for (const [name, { name: kind }] of Object.entries(session.app.resources)) {
      if (kind === 'dbt') await find(name, async () => connects((await session.resource(name)) as Dbt, name))
    }
    return `environment ${session.env}`
  })
  const bad = findings.filter(({ ok }) => !ok)
  if (options.json) printJson(findings)
  else
    for (const { what, ok, detail, hint } of findings) {
      console.log(`${ok ? paint('green', '✓') : paint('red', '✗')} ${what}: ${detail}`)
      if (hint !== undefined) console.log(`  ${paint('cyan', '→')} ${hint}`)
    }
  return bad.length > 0 ? 1 : 0
}

/** Has dbt look at its own project, profile and database. */
async function connects(dbt: Dbt, name: string): Promise<string> {
  const { success, version, messages } = await dbt.invoke(['debug'])
  if (success) return `dbt ${version} connects`
  throw new LevadaError(
    'RESOURCE_FAILED',
    messages.map(({ text }) => text).join('\n') || 'dbt debug failed.',
    {
      hint: `Correct what it says, in profiles.yml or under ${name} in resources.yml.`,
    },
  )
}

/** Really makes a file there: permissions tell only half of it. */
function writable(path: string): string {
  try {
    mkdirSync(path, { recursive: true })
    const probe = join(path, `.doctor-${process.pid}`)
    writeFileSync(probe, '')
    rmSync(probe)
  } catch (cause) {
    throw new LevadaError('STORAGE', `${path} cannot be written: ${(cause as { code?: string }).code}.`, {
      cause,
      hint: 'Make it a folder that this user can write.',
    })
  }
  return `${path} can be written`
}

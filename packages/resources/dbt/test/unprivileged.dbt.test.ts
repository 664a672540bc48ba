// What a user may not read or write is told as that; a process of root is started as nobody, since root may do all.
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, inject, test } from 'vitest'
import type { DbtOptions } from '../src/index.ts'
import { shop, type Shop } from './shop.ts'

const environments = inject('dbt').filter(({ executable }) => executable !== undefined)
const nobody = process.getuid!() === 0 ? { uid: 65_534, gid: 65_534 } : {}
const source = JSON.stringify(join(import.meta.dirname, '../src/index.ts'))

/** How `compile` ends for a user who may only read the project; the same files as ever, and a database in memory. */
async function compile(options: DbtOptions): Promise<Readonly<Record<string, unknown>>> {
  const script = `import { createDbt } from ${source}
const { success, code, message, hint } = await createDbt(${JSON.stringify(options)}).compile().catch((error) => error)
console.log(JSON.stringify({ success, code, message, hint }))`
  const { stdout } = await execa(
    process.execPath,
    ['--conditions=@levada/source', '--input-type=module', '-e', script],
    { cwd: '/', env: { HOME: '/nonexistent', NODE_COMPILE_CACHE: undefined }, ...nobody },
  )
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>
}

const profile = 'shop: { target: dev, outputs: { dev: { type: duckdb, path: ":memory:" } } }\n'

/** A project that may be read and not written. */
function readOnly(it: Shop): void {
  for (const dir of ['models', 'seeds', 'snapshots', 'macros', '.']) chmodSync(join(it.dir, dir), 0o555)
}
/** So that it can be removed. */
const writable = (it: Shop): void => {
  for (const dir of ['.', 'models', 'seeds', 'snapshots', 'macros']) chmodSync(join(it.dir, dir), 0o755)
}

/** A Python below the home of root is for root alone. */
const canStart = async (executable: string): Promise<boolean> =>
  (await execa(executable, ['--version'], { ...nobody, cwd: '/', reject: false })).code !== 'EACCES'

describe.each(environments)('$title', ({ name, title, executable, env }) => {
  test('a project that cannot be written: where, and what to do; with another folder it works', async ({
    skip,
  }) => {
    skip(!(await canStart(executable!)), `another user may not start ${executable}`)
    await using it = shop({ name, title, executable, env }, { 'profiles.yml': profile })
    const target = join(it.dir, 'elsewhere')
    mkdirSync(target)
    chmodSync(target, 0o777)
    readOnly(it)
    try {
      const options = { projectDir: it.dir, executable: executable!, env }
      expect(await compile(options)).toEqual({
        code: 'STORAGE',
        message: expect.stringMatching(
          `^The folder ${it.dir}/target/levada/.* cannot be made: EACCES.$`,
        ) as string,
        hint: expect.stringContaining('targetDir') as string,
      })
      expect(await compile({ ...options, targetDir: target })).toEqual({ success: true })
    } finally {
      writable(it)
    }
  })
})

test('files that cannot be read are not told as missing', async () => {
  await using it = shop({ name: 'dbt2', title: '', executable: '/bin/false', env: {} })
  chmodSync(it.dir, 0o755)
  const options = { projectDir: it.dir }
  for (const file of ['profiles.yml', 'dbt_project.yml']) {
    chmodSync(join(it.dir, file), 0)
    expect(await compile(options)).toMatchObject({
      code: 'STORAGE',
      message: `${join(it.dir, file)} cannot be read: EACCES.`,
    })
  }
})

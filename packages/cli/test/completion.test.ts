import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execa, execaSync } from 'execa'
import { describe, expect, test } from 'vitest'
import { bin, project, shop } from './project.ts'

const has = (shell: string): boolean => execaSync(shell, ['--version'], { reject: false }).exitCode === 0

/** What bash offers for a line, the last word of which is being written. */
async function offers(line: string, cwd: string): Promise<string[]> {
  // As bash splits it by itself.
  const words = line
    .split(' ')
    .flatMap((word) => (word === '' ? [''] : word.split(/([:@])/).filter((part) => part !== '')))
  const script = `
    levada() { "${process.execPath}" "${bin}" "$@"; }
    source <(levada completion bash)
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
    COMP_CWORD=${words.length - 1}
    COMP_LINE='${line}' COMP_POINT=${line.length}
    _levada
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await execa('bash', ['-c', script], { cwd })
  return stdout.split('\n').filter((word) => word !== '')
}

describe('levada completion', () => {
  test.skipIf(!has('bash'))('bash offers commands, options, choices and assets', async () => {
    using app = project(shop)
    expect(await offers('levada pl', app.dir)).toEqual(['plan'])
    expect(await offers('levada ', app.dir)).toEqual(
      expect.arrayContaining(['run', 'new', 'completion', '--help']),
    )
    expect(await offers('levada run --par', app.dir)).toEqual(['--partition', '--param'])
    expect(await offers('levada contract ', app.dir)).toEqual(
      expect.arrayContaining(['show', 'diff', 'consumers']),
    )
    expect(await offers('levada contract diff --j', app.dir)).toEqual(['--json'])
    expect(await offers('levada completion ', app.dir)).toEqual(['--help', 'bash', 'zsh', 'fish'])
    expect(await offers('levada run shop.', app.dir)).toEqual([
      'shop.orders',
      'shop.totals',
      'shop.customers',
      'shop.raw_orders',
      'shop.raw_customers',
    ])
    expect(await offers('levada plan +shop.t', app.dir)).toEqual(['+shop.totals'])
    expect(await offers('levada plan shop.orders 2+shop.orders,1+shop.t', app.dir)).toEqual([
      '2+shop.orders,1+shop.totals',
    ])
    expect(await offers('levada run pipe', app.dir)).toEqual(['pipeline:orders', 'pipeline:customers'])
    // bash has written what stands before : and @.
    expect(await offers('levada run pipeline:o', app.dir)).toEqual(['orders'])
    expect(await offers('levada run +tag:', app.dir)).toEqual(['nightly'])
    expect(await offers('levada run @shop.t', app.dir)).toEqual(['shop.totals'])
    expect(await offers('levada run from:shop.t', app.dir)).toEqual(['shop.totals'])
    expect(await offers('levada run orders/s', app.dir)).toEqual(['orders/stage'])
    expect(await offers('levada run shop.orders+ --exclude shop.t', app.dir)).toEqual(['shop.totals'])
    expect(await offers('levada run state:m', app.dir)).toEqual(['missing'])
    expect(await offers('levada list assets job:', app.dir)).toEqual(['nightly'])
    // The value of an option is a file, which bash itself offers.
    expect(await offers('levada run --app shop.', app.dir)).toEqual([])
    expect(await offers(`levada run --app ${app.dir} shop.t`, '/')).toEqual(['shop.totals'])
    expect(await offers('levada run shop.', '/')).toEqual([])
  })

  test.skipIf(!has('zsh'))('zsh reads its script', async () => {
    const { stdout } = await execa(process.execPath, [bin, 'completion', 'zsh'])
    const { exitCode } = await execa('zsh', ['-c', `autoload -U compinit; compinit -u -D; ${stdout}`])
    expect(exitCode).toBe(0)
  })

  test.skipIf(!has('fish'))('fish offers commands', async () => {
    const { stdout } = await execa(process.execPath, [bin, 'completion', 'fish'])
    const { stdout: found } = await execa('fish', ['-c', `${stdout}\ncomplete -C 'levada pl'`])
    expect(found).toContain('plan')
  })

  test('every command is in the script of every shell', async () => {
    using app = project({})
    const { out: help } = await app.levada('--help')
    const names = [...help.matchAll(/^ {2}([a-z]+)[ |[]/gm)]
      .map(([, name]) => name!)
      .filter((name) => name !== 'help')
    expect(names.length).toBeGreaterThan(12)
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, out } = await app.levada('completion', shell)
      expect(code).toBe(0)
      for (const name of names) expect(out).toMatch(new RegExp(`\\b${name}\\b`))
    }
  })

  test('another shell is USAGE', async () => {
    using app = project({})
    const { code, err } = await app.levada('completion', 'tcsh')
    expect(code).toBe(2)
    expect(err).toContain('error USAGE')
    expect(err).toContain('bash, zsh, fish')
    expect(existsSync(join(app.dir, '.levada'))).toBe(false)
  })
})

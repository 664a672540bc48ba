import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { afterAll, describe, expect, test } from 'vitest'
import { findPython, pythonEnvironment } from '../src/environment.ts'

const python = await findPython()
const folder = mkdtempSync(join(tmpdir(), 'levada-python-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const lock = join(folder, 'some.txt')
const dir = join(folder, 'some')
// On a busy machine pip takes its time.
const timeout = 180_000
const entries = (): string[] => readdirSync(folder).toSorted()

describe.skipIf(!python)(
  python ? 'pythonEnvironment' : 'pythonEnvironment: not here, no Python from 3.10 to 3.13 is on the path',
  () => {
    const ask = (): Promise<string> => pythonEnvironment({ python: python!, lock, dir })

    test(
      'two that ask at the same time get the same one in place of an older one, and nothing else is left',
      async () => {
        writeFileSync(lock, '# no packages\n')
        // No process has this number.
        const older = `${dir}.4194305.0a1b2c`
        mkdirSync(join(older, 'bin'), { recursive: true })
        writeFileSync(join(older, 'bin/python'), '')
        writeFileSync(join(older, 'lock-digest'), 'of another lock file')
        symlinkSync(older, dir)
        expect(await Promise.all([ask(), ask()])).toEqual([dir, dir])
        const { stdout } = await execa(join(dir, 'bin/python'), ['-m', 'pip', '--version'])
        expect(stdout).toContain('python 3.')
        expect(entries()).toEqual(['some', basename(readlinkSync(dir)), 'some.txt'])
        const made = readlinkSync(dir)
        expect([await ask(), readlinkSync(dir)]).toEqual([dir, made])
      },
      timeout,
    )

    test(
      'packages that cannot be had are an error, and leave what was there',
      async () => {
        const before = readlinkSync(dir)
        writeFileSync(lock, './no_such_package-1.0-py3-none-any.whl\n')
        await expect(ask()).rejects.toThrow('no_such_package')
        expect(readlinkSync(dir)).toBe(before)
      },
      timeout,
    )
  },
)

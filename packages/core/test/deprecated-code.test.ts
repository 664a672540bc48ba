// What is deprecated is marked in a consumer's code by every tool that reads @deprecated: an editor strikes it through, a linter reports it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { outlineOf, portsText } from '../src/app/index.ts'
import { asset } from '../src/asset/index.ts'
import { definePipeline, node } from '../src/pipeline/index.ts'
import { col } from '../src/schema/index.ts'

const old = asset('p.old', {
  schema: z.object({ id: z.int() }),
  deprecated: { since: '2.0.0', use: 'p.new' },
})
const trips = asset('p.trips', {
  schema: z.object({ minutes: z.int(), delay: col.deprecated(z.int(), { since: '2.1.0', use: 'minutes' }) }),
})
const ports = portsText(
  outlineOf(definePipeline('p', { nodes: [node('n', { outputs: { old, trips }, run() {} })] })),
)

const consumer = `import { defineApp, type Pipeline } from '@levada/core'
import { openApp } from '@levada/core/run'
import type { Old, Ports, Trips } from './ports.ts'

declare const p: Pipeline<Ports>
const app = defineApp({ name: 'a', pipelines: [p] })
const session = await openApp(app)
for await (const row of session.load('p.trips').stream()) {
  console.log(row.minutes)
  console.log(row.delay)
}
export const first = (trip: Trips, row: Old): number => trip.minutes + row.id
`

test('a deprecated column, and the row of a deprecated asset', async () => {
  const tmp = join(import.meta.dirname, '../.levada')
  mkdirSync(tmp, { recursive: true })
  const dir = mkdtempSync(join(tmp, 'deprecated-'))
  try {
    writeFileSync(join(dir, 'ports.ts'), ports)
    writeFileSync(join(dir, 'consumer.ts'), consumer)
    writeFileSync(
      join(dir, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../../../tsconfig.base.json',
        compilerOptions: { noEmit: true, composite: false },
        include: ['*.ts'],
      }),
    )
    writeFileSync(
      join(dir, 'lint.json'),
      JSON.stringify({
        plugins: ['typescript'],
        categories: { correctness: 'off' },
        rules: { 'typescript/no-deprecated': 'error' },
      }),
    )
    const { stdout } = await execa(
      join(import.meta.dirname, '../../../node_modules/.bin/oxlint'),
      ['--type-aware', '--no-ignore', '-c', 'lint.json', '--format', 'unix', 'consumer.ts'],
      { cwd: dir, reject: false },
    )
    expect(stdout.split('\n').filter((line) => line.includes('deprecated'))).toEqual([
      'consumer.ts:10:19: `delay` is deprecated. since 2.1.0: use minutes. [Error/typescript(no-deprecated)]',
      'consumer.ts:12:41: `Old` is deprecated. since 2.0.0: use p.new. [Error/typescript(no-deprecated)]',
    ])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

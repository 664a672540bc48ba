/** An app as files: workers have to import it again. What its nodes do is said by params, which a run hands on to them. */
export const appFiles: Readonly<Record<string, string>> = {
  'conf/base/catalog.yml': `'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n`,
  'conf/one-tagged/environment.yml': `limits: { 'tag:tagged': 1 }\n`,
  'conf/one-by-one/environment.yml': `limits: { 'resource:duckdb': 1 }\n`,
  'levada.config.ts': `
import { asset, between, defineApp, definePipeline, node, sql, sqlNode } from '@levada/core'
import { definePlugin } from '@levada/core/spi'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const schema = z.object({ id: z.int() })
const table = (name, more = {}) => asset('t.' + name, { schema, ...more })
const [left, right, late] = ['left', 'right', 'late'].map((name) => table(name))
const [doubled, tripled] = ['doubled', 'tripled'].map((name) => table(name, { tags: ['tagged'] }))
const numbers = table('numbers', { checks: [between('id', 0, 8, { severity: 'warn' }), between('id', 0, 50)] })
const params = {
  /** The node that throws, as long as there is no file 'mended'. */
  fail: z.string().default(''),
  /** The node that waits until it is stopped. */
  wait: z.string().default(''),
  /** Whether it pays no heed to being stopped. */
  deaf: z.boolean().default(false),
  /** How long nodes take, by name, in ms: JSON. */
  delays: z.string().default('{}'),
}
/** What the hooks do, by the file 'hooks': tell, throw before or after the step, or leave it out. */
const told = join(import.meta.dirname, 'hooks')
const hook = (name) =>
  definePlugin(name, {
    async aroundStep({ step, attempt, log, next }) {
      const what = existsSync(told) ? readFileSync(told, 'utf8') : ''
      if (what === '' || step.node !== 'double') return await next()
      log.info(name + ' before ' + step.id + ' of ' + step.inputs + ' to ' + step.outputs + ', attempt ' + attempt)
      if (name === 'inner' && what === 'before') throw new RangeError('not now')
      if (name === 'inner' && what === 'never') return
      await next().catch((error) => log.info(name + ' caught ' + error.code))
      if (name === 'inner' && what === 'after') throw new RangeError('too late')
      log.info(name + ' after ' + step.id)
    },
  })
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
async function behave(name, { params, signal, log }) {
  await sleep(JSON.parse(params.delays)[name] ?? 0)
  if (params.fail === name && !existsSync(join(import.meta.dirname, 'mended'))) throw new RangeError(name + ' cannot')
  if (params.wait !== name) return
  log.info('waiting')
  if (params.deaf) await new Promise(() => {})
  while (!signal.aborted) await sleep(5)
  signal.throwIfAborted()
}
const copy = (name, inputs, outputs, factor = 1) =>
  node(name, {
    inputs, outputs, params,
    async run(given, context) {
      await behave(name, context)
      for (const input of Object.values(given))
        for await (const { id } of input.rows())
          for (const output of Object.values(context.outputs)) await output.write({ id: id * factor })
    },
  })

export default defineApp({
  name: 'runners',
  plugins: [duckdb(), hook('outer'), parquet(), hook('inner')],
  pipelines: [definePipeline('t', { nodes: [
    sqlNode('count', { inputs: {}, output: numbers, params: { highest: z.int().default(9) }, sql: sql\`select i as id from range(1, $highest + 1) as r(i)\` }),
    copy('double', { numbers }, { doubled }, 2),
    sqlNode('triple', { inputs: { numbers }, output: tripled, sql: sql\`select id * 3 as id from numbers\` }),
    copy('split', { doubled, tripled }, { left, right }),
    copy('last', { left }, { late }),
    node('act', { inputs: { right }, outputs: {}, params, run: (_, context) => behave('act', context) }),
  ] })],
})
`,
}

export const assets = ['t.numbers', 't.doubled', 't.tripled', 't.left', 't.right', 't.late'] as const

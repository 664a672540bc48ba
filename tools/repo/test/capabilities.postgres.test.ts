// Each declared capability of each real dataset and engine has a case that is red when the declaration is flipped.
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import {
  denied,
  type Capability,
  type CatalogContext,
  type Dataset,
  type Engine,
  type Plugin,
} from '@levada/core/spi'
import { duckdb } from '@levada/resource-duckdb'
import { columnSql, postgres, postgresServer, quoteName } from '@levada/resource-postgres'
import { datasetConformance, engineConformance, type EngineSuite, type Runner } from '@levada/testing'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { datasetEntries } from '../src/guarantees.ts'

const make = (plugin: Plugin, name: string, config: object): Promise<Engine> =>
  plugin.engines[name]!.create(config as never, { name, root: tmpdir(), env: 'test' })
const engines: Readonly<Record<string, Engine>> = {
  duckdb: await make(duckdb(), 'duckdb', {}),
  postgres: await make(postgres(), 'postgres', inject('postgres')),
}
afterAll(() => Promise.all(Object.values(engines).map((engine) => engine.close())))

type Cases = readonly { readonly title: string; readonly run: () => Promise<void> }[]

/** The cases of a suite, not run yet. */
function casesOf(register: (runner: Runner) => void): Cases {
  const cases: { readonly title: string; readonly run: () => Promise<void> }[] = []
  register({
    describe: (_, body) => body(),
    test: (title, run) => void cases.push({ title, run }),
    expect,
  })
  return cases
}

async function firstRed(cases: Cases): Promise<string | undefined> {
  for (const { title, run } of cases)
    try {
      await run()
    } catch {
      return title
    }
  return undefined
}

const flip = <C extends object>(capabilities: C, name: keyof C): C => ({
  ...capabilities,
  [name]: (capabilities[name] as Capability) === true ? denied('flipped') : true,
})

const names = [
  'write',
  'rows',
  'partitioned',
  'versioned',
  'staging',
  'restorable',
  'append',
  'atomicGroup',
] as const

describe.each(datasetEntries.map((entry) => [entry[0], entry] as const))(
  '%s',
  (_, [, plugin, type, config]) => {
    const suite = (change: (dataset: Dataset) => Partial<Dataset>): Cases => {
      const engine = engines[type.startsWith('postgres') ? 'postgres' : 'duckdb']!
      const create = (context: CatalogContext): Dataset => {
        const schema = `t_${createHash('sha1').update(context.root).digest('hex').slice(0, 12)}`
        const [key] = ['table', 'view'].filter((each) => type === `postgres.${each}`)
        const place =
          key === undefined ? {} : { schema, versions: `${schema}_versions`, [key]: context.asset }
        const dataset = plugin.datasets[type]!.create({ ...config, ...place } as never, context)
        return { ...dataset, ...change(dataset) }
      }
      return casesOf((runner) => datasetConformance(runner, { name: type, create, engine }))
    }

    test('as declared, every case is green', async () =>
      expect(await firstRed(suite(() => ({})))).toBeUndefined())

    // What cannot be written is not in the suite of what is.
    test.each(names)('%s: a flipped declaration is red', async (name) => {
      const cases = suite(({ capabilities }) => ({ capabilities: flip(capabilities, name) }))
      expect(await firstRed(cases)).toBeTypeOf('string')
    })
  },
)

describe.each(['duckdb', 'postgres'])('%s', (name) => {
  const suite = (change: (engine: Engine) => Partial<Engine>): Cases => {
    const engine = engines[name]!
    let tables = 0
    const table: EngineSuite['table'] = async (columns, partitionBy) => {
      const { run, system } = postgresServer(engine)
      const at = `public.flipped_${++tables}_${Math.random().toString(36).slice(2)}`
      await run(
        `create table ${at} (${columns.map((c) => `${quoteName(c.name)} ${columnSql(c.type)}`).join(', ')})`,
      )
      return {
        target: { kind: 'table', system, name: at, partitionBy },
        location: { kind: 'table', system, name: at },
      }
    }
    return casesOf((runner) =>
      engineConformance(runner, {
        name,
        engine: { ...engine, ...change(engine) },
        ...(name === 'postgres' && { table }),
      }),
    )
  }

  test.each(['cancellable', 'bindsWithoutData'] as const)(
    '%s: a flipped declaration is red',
    async (capability) => {
      const cases = suite(({ capabilities }) => ({ capabilities: flip(capabilities, capability) }))
      const own = cases.filter(({ title }) => title.startsWith(`${capability}: denied`))
      expect(own).toHaveLength(1)
      expect(await firstRed(own)).toBe(own[0]!.title)
    },
  )
})

// Two versions of an asset at once: the new one is built, the old key is a query over it that is stored as a view.
import { describe, expect, test } from 'vitest'
import { project } from './project.ts'
import { run, server } from './server.ts'

const config = `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { postgres } from '@levada/resource-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { flights } from './flights.ts'
import { report } from './report.ts'

export default defineApp({ name: 'delays', plugins: [duckdb(), parquet(), files(), postgres(), postgresTables()], pipelines: [flights, report] })
`
const imports = `import { asset, col, definePipeline, source, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
const raw = source('aviation.raw', { schema: z.object({ id: z.int(), minutes: z.int() }) })
`
const first = `${imports}
const old = asset('aviation.flights', { schema: z.object({ id: z.int(), delay: z.int().meta({ unit: 'minutes' }) }), key: ['id'] })
const stage = sqlNode('stage', { inputs: { raw }, output: old, sql: sql\`select id, minutes as delay from raw\` })
export const flights = definePipeline('flights', { nodes: [stage] })
`
/** Seconds instead of minutes: a breaking change, so it has a key of its own. */
const second = `${imports}
const next = asset('aviation.flights_v2', { schema: z.object({ id: z.int(), delay: z.int().meta({ unit: 'seconds' }) }), key: ['id'] })
const old = asset('aviation.flights', {
  schema: z.object({ id: z.int(), delay: z.int().meta({ unit: 'minutes' }) }),
  deprecated: { since: '1.1.0', remove: '2.0.0', use: 'aviation.flights_v2' },
})
const stage = sqlNode('stage', { inputs: { raw }, output: next, sql: sql\`select id, minutes * 60 as delay from raw\` })
const as1 = sqlNode('flights-as-1', { inputs: { next }, output: old, sql: sql\`select id, delay / 60 as delay from next\` })
export const flights = definePipeline('flights', { nodes: [stage, as1] })
`
const consumer = (version: '' | '_v2', unit: string, limit: number): string => `
import { asset, definePipeline, expects, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
const flights = expects('aviation.flights${version}', z.object({ delay: z.int().meta({ unit: '${unit}' }) }))
const late = asset('report.late', { schema: z.object({ late: z.int() }) })
export const report = definePipeline('report', { nodes: [sqlNode('count-late', { inputs: { flights }, output: late,
  sql: sql\`select count(*) as late from flights where delay > ${limit}\` })] })
`
const catalog = (schema: string, old: string): string => `
aviation.raw: { type: csv, path: raw.csv }
aviation.flights_v2: { type: postgres.table, schema: ${schema}, table: flights_v2 }
aviation.flights: ${old}
report.late: { type: parquet, path: data/late }
`
const files = (schema: string) => ({
  'levada.config.ts': config,
  'flights.ts': first,
  'report.ts': consumer('', 'minutes', 15),
  'conf/base/engines.yml': 'default: duckdb\naviation.flights: postgres\naviation.flights_v2: postgres\n',
  'conf/base/catalog.yml': catalog(schema, `{ type: postgres.table, schema: ${schema}, table: flights }`),
  'conf/base/resources.yml': JSON.stringify({ postgres: server }),
  'conf/dev/.gitkeep': '',
  'raw.csv': 'id,minutes\n1,10\n2,20\n3,30\n',
})

describe('versions side by side', () => {
  test('a consumer goes on reading the old key, now a view over the new one, and is told; then it moves', async () => {
    const schema = 'side_by_side'
    using app = project(files(schema))
    const late = async (): Promise<unknown> =>
      JSON.parse((await app.levada('query', 'select late from report.late', '--json')).out)
    expect(await app.levada('run')).toMatchObject({ code: 0 })
    expect(await late()).toEqual([{ late: '2' }])

    app.write('flights.ts', second)
    app.write(
      'conf/base/catalog.yml',
      catalog(schema, `{ type: postgres.view, schema: ${schema}, view: flights }`),
    )
    app.write('raw.csv', 'id,minutes\n1,10\n2,20\n3,30\n4,40\n')
    const notice =
      "! Node 'report/count-late' reads 'aviation.flights', which is deprecated since 1.1.0 and removed in 2.0.0. Use 'aviation.flights_v2'. (report.ts:7:11)"
    const check = await app.levada('check')
    expect(check).toMatchObject({ code: 0, err: '' })
    expect(check.out).toContain(notice)
    const changed = await app.levada('run')
    expect(changed.code).toBe(0)
    expect(changed.out).toContain(notice)
    expect(await late()).toEqual([{ late: '3' }])
    // Whoever reads the public name outside of Levada goes on too: it is a view over the new version.
    expect(await run(`select * from ${schema}.flights order by id`)).toEqual([
      ['1', '10'],
      ['2', '20'],
      ['3', '30'],
      ['4', '40'],
    ])
    const [[definition]] = (await run(`select pg_get_viewdef('${schema}.flights'::regclass)`)) as [[string]]
    expect(definition).toContain(`${schema}.flights_v2`)

    app.write('report.ts', consumer('_v2', 'minutes', 15))
    const wrong = await app.levada('check')
    expect(wrong.code).toBe(1)
    expect(wrong.err).toContain(
      "error COMPOSITION report: needs 'aviation.flights_v2'.delay: int in minutes, but 'flights' provides int in seconds.",
    )
    app.write('report.ts', consumer('_v2', 'seconds', 900))
    const moved = await app.levada('run')
    expect(moved.code).toBe(0)
    expect(moved.out).not.toContain('deprecated')
    expect(await late()).toEqual([{ late: '3' }])
  })
})

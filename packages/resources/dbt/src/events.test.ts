import { describe, expect, test } from 'vitest'
import { createEventParser, parseLine } from './events.ts'

const line = (name: string, level: string, data: object, msg = 'said'): string =>
  JSON.stringify({
    data,
    info: {
      code: 'X001',
      invocation_id: 'abc',
      level,
      msg,
      name,
      pid: 1,
      thread: 'MainThread',
      ts: '2026-01-02T03:04:05.678901Z',
    },
  })
const node_info = {
  unique_id: 'model.shop.orders',
  node_name: 'orders',
  resource_type: 'model',
  materialized: 'table',
  node_status: 'success',
  node_relation: { relation_name: '"db"."main"."orders"' },
}
const node = {
  id: 'model.shop.orders',
  name: 'orders',
  resourceType: 'model',
  materialized: 'table',
  relation: '"db"."main"."orders"',
}

describe('parseLine', () => {
  test('the start and the end of a node', () => {
    expect(parseLine(line('NodeStart', 'debug', { node_info }))).toMatchObject({ kind: 'node_started', node })
    const run_result = {
      status: 'success',
      execution_time: 1.5,
      num_failures: 0,
      adapter_response: { rows_affected: 100.0 },
    }
    expect(parseLine(line('NodeFinished', 'debug', { node_info, run_result }))).toEqual({
      kind: 'node_finished',
      name: 'NodeFinished',
      level: 'debug',
      message: 'said',
      time: '2026-01-02T03:04:05.678901Z',
      node,
      status: 'success',
      seconds: 1.5,
      rows: 100,
      failures: 0,
    })
  })

  test('a status that is missing in one place is taken from another', () => {
    const events = [
      line('NodeFinished', 'debug', { node_info, run_result: { status: '' } }),
      line('NodeFinished', 'debug', { node_info: { ...node_info, node_status: 'None' }, status: 'error' }),
      line('NodeFinished', 'debug', { node_info: { unique_id: 'model.shop.orders' } }),
    ].map(parseLine)
    expect(events).toMatchObject([{ status: 'success' }, { status: 'error' }, { status: 'unknown' }])
  })

  test('an adapter that does not know the rows says -1', () => {
    const run_result = { status: 'success', adapter_response: { rows_affected: -1 } }
    expect(parseLine(line('NodeFinished', 'debug', { node_info, run_result }))).not.toHaveProperty('rows')
  })

  test('the version, and whether the command succeeded', () => {
    expect(parseLine(line('MainReportVersion', 'info', { version: '=1.11.16' }))).toMatchObject({
      kind: 'version',
      version: '1.11.16',
      invocationId: 'abc',
    })
    expect(parseLine(line('CommandCompleted', 'debug', { success: false, elapsed: 26.02 }))).toMatchObject({
      kind: 'completed',
      success: false,
      seconds: 26.02,
    })
  })

  test('warnings and what is for people are told, events that are not known pass', () => {
    expect(parseLine(line('RunResultWarning', 'warn', {}))).toMatchObject({ kind: 'log', level: 'warn' })
    const unknown = line('OfTomorrow', 'debug', { n: 1 })
    expect(parseLine(unknown)).toEqual({ kind: 'other', name: 'OfTomorrow', line: unknown })
  })

  test('SQL is passed on unparsed, also with blanks as Python writes JSON', () => {
    const sql = line('SQLQuery', 'debug', { sql: 'select "name": "NodeStart"' })
    for (const written of [sql, sql.replaceAll('":', '": ').replaceAll(',"', ', "')])
      expect(parseLine(written)).toEqual({ kind: 'other', name: 'SQLQuery', line: written })
  })

  test('a model that is called like an event is no event', () => {
    const told = line('LogModelResult', 'info', { name: 'SQLQuery', pid: 3 })
    expect(parseLine(told)).toMatchObject({ kind: 'log', name: 'LogModelResult' })
  })

  test('the stack frames that 2.x adds to an error are left out', () => {
    const told =
      '[error] [X (dbt1005)]: No ref\n  --> models/a.sql:1:15\n   0: <unknown>\n  13: start_thread\n             at ./nptl/pthread_create.c:442:8\n'
    expect(parseLine(line('Generic', 'error', {}, told))).toMatchObject({
      message: '[error] [X (dbt1005)]: No ref\n  --> models/a.sql:1:15',
    })
  })

  test.each([
    'Traceback (most recent call last):',
    '{"data": {"node_info": {"unique_id": "model.sh',
    '{"half": 1',
    '{}',
    '{"info":null}',
    '{"info":{"name":7}}',
    '[1]',
    'null',
    '\u0000',
  ])('%j is text', (text) => expect(parseLine(text)).toEqual({ kind: 'text', text }))

  test.each([
    { node_info: [] },
    { node_info: { unique_id: 7 } },
    { node_info: null },
    { node_info: { unique_id: 'x' }, run_result: 'done' },
  ])('a NodeFinished with wrong types does no harm: %j', (data) => {
    expect(['other', 'node_finished']).toContain(parseLine(line('NodeFinished', 'debug', data)).kind)
  })
})

test('what stands between events is text, and spoils none', () => {
  const parser = createEventParser()
  const log = `${line('NodeStart', 'debug', { node_info })}\nWARNING: {\n\n${line('CommandCompleted', 'debug', { success: true })}\n{"cut`
  const events = [...parser.push(Buffer.from(log)), ...parser.end()]
  expect(events.map(({ kind }) => kind)).toEqual(['node_started', 'text', 'completed', 'text'])
})

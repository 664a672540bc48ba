import { expect, test } from 'vitest'
import { fixedLog, trimManifest } from '../src/record-fixed.ts'

const line = (name: string, data: object): string =>
  JSON.stringify({ data, info: { name, pid: 4711, ts: '2031-07-08T09:10:11.123456Z' } })

test('fixedLog replaces what differs from run to run, also in plain text', () => {
  const log = [
    line('MainReportArgs', { path: '/some/where/target', id: '01a22b2d-2e3b-7711-a283-f7e0a281b44c' }),
    line('LogModelResult', { execution_time: 3.25, msg: 'OK in 3.25s', index: 7 }),
    'Ran /some/where/models at 2031-07-08 09:10:11',
  ].join('\n')
  expect(fixedLog(log, { '/some/where': '/project' }).split('\n')).toEqual([
    '{"data":{"path":"/project/target","id":"00000000-0000-4000-8000-000000000001"},"info":{"name":"MainReportArgs","pid":1,"ts":"2026-01-01T00:00:00.000000Z"}}',
    '{"data":{"execution_time":0.1,"msg":"OK in 0.10s","index":7},"info":{"name":"LogModelResult","pid":1,"ts":"2026-01-01T00:00:00.000000Z"}}',
    'Ran /project/models at 2026-01-01 00:00:00',
  ])
})

test('fixedLog keeps each result of a node, and three of each event that says little', () => {
  const log = Array.from({ length: 5 }, () => `${line('SQLQuery', {})}\n${line('NodeFinished', {})}`).join(
    '\n',
  )
  const names = fixedLog(log, {})
    .split('\n')
    .map((text) => (JSON.parse(text) as { info: { name: string } }).info.name)
  expect(names.filter((name) => name === 'SQLQuery').length).toBe(3)
  expect(names.filter((name) => name === 'NodeFinished').length).toBe(5)
})

test('trimManifest keeps what ran and what that reads', () => {
  const node = (...nodes: string[]): { depends_on: { nodes: string[] } } => ({ depends_on: { nodes } })
  const { nodes, sources, parent_map } = trimManifest(
    {
      metadata: {},
      nodes: { a: node('s'), b: node('a'), c: node('b') },
      sources: { s: {} },
      exposures: {},
      parent_map: { a: ['s'], b: ['a'], c: ['b'] },
      child_map: {},
    },
    ['b'],
  )
  expect([Object.keys(nodes), Object.keys(sources), Object.keys(parent_map)]).toEqual([
    ['a', 'b'],
    [],
    ['a', 'b'],
  ])
})

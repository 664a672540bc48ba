import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { appPortsText } from '@levada/core/run'
import { afterEach, expect, test } from 'vitest'
import { checkRelease, consumersOf, contractsIn, type Contract } from '../src/index.ts'
import type { Registry } from '../src/registry.ts'
import { asset, column, contract } from './contracts.ts'

let dir = ''
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const geo = contract({
  name: 'airports',
  provides: { 'geo.airports': asset([column('iata', 'string'), column('city', 'string')]) },
})
const crm = contract({ name: 'clients', provides: { 'crm.clients': asset([column('iata', 'string')]) } })
const delays = contract({
  name: 'delays',
  provides: { 'air.delays': asset([column('city', 'string')]) },
  requires: { 'ref.places': { columns: [column('city', 'string')] } },
  nodes: [{ name: 'join', kind: 'sql', inputs: ['ref.places'], outputs: ['air.delays'], fingerprint: 'f' }],
})
const uses = [
  { outline: { ...geo, name: 'ref' }, assets: { 'geo.airports': 'ref.places' }, from: '@acme/airports' },
  { outline: { ...delays, name: 'again' }, assets: { 'ref.places': 'crm.clients' }, from: '@acme/delays' },
]

/** A workspace with an app that composes three packages, some of them under other names. */
function workspace(
  files: Readonly<Record<string, string>> = { 'apps/travel/ports.ts': appPortsText(uses) },
): string {
  dir = mkdtempSync(join(tmpdir(), 'levada-uses-'))
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  const dependencies = { '@acme/airports': '*', '@acme/clients': '*', '@acme/delays': '*' }
  write('package.json', JSON.stringify({ private: true, workspaces: ['apps/*', 'pipelines/*'] }))
  write('apps/travel/package.json', JSON.stringify({ name: '@acme/travel', private: true, dependencies }))
  write('apps/travel/levada.config.ts', "export default [airports.with({ name: 'ref' })]\n")
  for (const each of [geo, crm, delays])
    for (const folder of [`node_modules/@acme/${each.name}`, `pipelines/${each.name}`]) {
      write(`${folder}/package.json`, JSON.stringify({ name: `@acme/${each.name}`, version: '1.0.0' }))
      write(`${folder}/contract.json`, JSON.stringify(each))
    }
  for (const [file, text] of Object.entries(files)) write(file, text)
  return dir
}

const readers = (what: string, path?: string): readonly string[] =>
  consumersOf(what, path, contractsIn(join(dir, 'apps/travel'))).map(
    ({ name, app, columns, nodes }) => `${name} ${app ?? '-'} ${columns.join()} ${nodes.join()}`,
  )

test('who reads an asset under the name that an app gave to it is a consumer of the package that provides it', () => {
  workspace()
  // 'delays' as it is reads the airports, which are called ref.places here.
  expect(readers('geo.airports', 'city')).toEqual(['@acme/delays travel city join'])
  expect(readers('geo.airports', 'iata')).toEqual([])
  expect(readers('crm.clients')).toEqual(['@acme/delays travel city join'])
  expect(readers('ref.places')).toEqual(['@acme/delays - city join'])
})

test('who reads an asset is found by the name that only the app gives it', () => {
  workspace({
    'apps/travel/ports.ts': appPortsText([
      {
        outline: { ...geo, name: 'ref' },
        assets: { 'geo.airports': 'north.places' },
        from: '@acme/airports',
      },
      { outline: delays, assets: { 'ref.places': 'north.places' }, from: '@acme/delays' },
    ]),
  })
  expect(readers('north.places', 'city')).toEqual(['@acme/delays travel city join'])
  expect(readers('geo.airports')).toEqual(['@acme/delays travel city join'])
})

test('a formatter may have been over ports.ts; a file that is not generated says nothing', () => {
  workspace({ 'apps/travel/ports.ts': appPortsText(uses).replaceAll("'", '"').replaceAll('{\n  ', '{ ') })
  expect(readers('geo.airports')).toEqual(['@acme/delays travel city join'])
  rmSync(dir, { recursive: true })
  workspace({ 'apps/travel/ports.ts': 'export const port = 80\n' })
  expect(readers('geo.airports')).toEqual([])
})

const published: Registry = {
  packument: (name) =>
    Promise.resolve({ registry: 'r', tags: {}, versions: { '1.0.0': { tarball: `https://r/${name}` } } }),
  tarball(name) {
    const old: Contract = [geo, crm, delays].find((each) => `@acme/${each.name}` === name)!
    const withMore = name === '@acme/airports' ? addColumn(old) : old
    return Promise.resolve({
      packageJson: JSON.stringify({ name, version: '1.0.0' }),
      contract: JSON.stringify(withMore),
      files: [],
    })
  },
  search: () => Promise.resolve([]),
}
/** As it was before `country` went. */
const addColumn = (old: Contract): Contract => ({
  ...old,
  provides: {
    'geo.airports': asset([...old.provides['geo.airports']!.columns, column('country', 'string')]),
  },
})

test('the release gate names who reads what changes through an app, and the apps of which it does not know', async () => {
  workspace({ 'apps/travel/ports.ts': appPortsText(uses) })
  const report = await checkRelease({ cwd: dir, registry: published })
  const airports = report.packages.find(({ name }) => name === '@acme/airports')!
  expect(airports).toMatchObject({
    verdict: 'too-small',
    readers: [{ name: '@acme/delays', app: 'travel', asset: 'geo.airports', nodes: ['join'] }],
  })
  expect(report.notices).toEqual([])
  rmSync(dir, { recursive: true })
  workspace({})
  const { packages, notices } = await checkRelease({ cwd: dir, registry: published })
  expect(packages.find(({ name }) => name === '@acme/airports')!.readers).toEqual([])
  expect(notices).toEqual([
    'Under which names @acme/travel uses pipelines with with(…) is not known: run levada generate there, which writes ports.ts.',
  ])
})

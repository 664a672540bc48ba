import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { checkEntries, checkLayers, checkPure } from '../src/core-layers.ts'
import { checkDirections } from '../src/directions.ts'
import { checkPlatforms, checkTraces } from '../src/repository.ts'
import { checkTemplateReleased, namesOfTemplate } from '../src/template-released.ts'
import { read, readWorkspace, root, trackedFiles } from '../src/workspace.ts'

const projects = readWorkspace()
const core = projects.find(({ name }) => name === '@levada/core')

test('packages depend on each other in the documented directions', () => {
  expect(projects.length).toBeGreaterThan(10)
  expect(checkDirections(projects)).toEqual([])
})

describe('core', () => {
  const files = core?.files ?? {}

  test('its folders import only those below', () => {
    expect(Object.keys(files).length).toBeGreaterThan(10)
    expect(checkLayers(files)).toEqual([])
  })

  test('authoring loads no node: module', () => expect(checkPure(files, 'src/index.ts')).toEqual([]))
})

test('entry files list names', () => {
  const entries = projects.filter((project) => !project.private || project.dir.startsWith('pipelines/'))
  expect(entries.flatMap(checkEntries)).toEqual([])
})

test('the lockfile holds the binaries of every platform', () => {
  expect(checkPlatforms(read('pnpm-lock.yaml'))).toEqual([])
})

test('tracked files name no machine path and no registry host', () => {
  const texts = trackedFiles().filter((file) => !/\.(png|ico|woff2|parquet|gz|zip)$/.test(file))
  // This check's own examples.
  const examples = ['tools/repo/test/planted.test.ts', 'tools/repo/src/repository.ts']
  expect(
    texts.filter((file) => !examples.includes(file)).flatMap((file) => checkTraces(file, read(file))),
  ).toEqual([])
})

test('new workspaces ask for what is released', () => {
  const files = trackedFiles()
  const named = namesOfTemplate(
    files.filter((file) => /^packages\/create\/template\/.*package\.json$/.test(file)).map(read),
  )
  expect(named).toContain('@levada/core')
  const changesets = files.filter((file) => /^\.changeset\/(?!README).*\.md$/.test(file))
  expect(
    checkTemplateReleased(Object.fromEntries(changesets.map((file) => [file, read(file)])), named),
  ).toEqual([])
})

test("a person's own configuration and data are ignored", () => {
  const files = ['conf/local/credentials.yml', 'data/x.parquet', '.levada/state.db'].map(
    (file) => `apps/any/${file}`,
  )
  const ignored = execFileSync('git', ['check-ignore', '--no-index', ...files], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(ignored.trim().split('\n')).toEqual(files)
})

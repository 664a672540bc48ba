import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createNodes } from '../src/index.ts'
import type { LevadaNxOptions } from '../src/index.ts'

async function infer(
  files: Record<string, string>,
  options?: LevadaNxOptions,
): Promise<Record<string, Record<string, { command?: string; inputs?: unknown; outputs?: unknown }>>> {
  const workspaceRoot = mkdtempSync(join(tmpdir(), 'levada-nx-'))
  onTestFinished(() => rmSync(workspaceRoot, { recursive: true }))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspaceRoot, file)), { recursive: true })
    writeFileSync(join(workspaceRoot, file), text)
  }
  const manifests = Object.keys(files).filter((file) => file.endsWith('package.json'))
  const results = await createNodes[1](manifests, options, { workspaceRoot, nxJsonConfiguration: {} })
  return Object.fromEntries(
    results.flatMap(([, result]) =>
      Object.entries(result.projects ?? {}).map(([root, project]) => [root, project.targets ?? {}]),
    ),
  )
}

const pipeline = {
  'pipelines/flights/package.json': '{}',
  'pipelines/flights/tsconfig.json': '{}',
  'pipelines/flights/src/pipeline.ts': '',
  'pipelines/flights/test/flights.test.ts': '',
}

test('a pipeline package gets build, typecheck, test and generate', async () => {
  const targets = (await infer(pipeline))['pipelines/flights'] ?? {}
  expect(Object.keys(targets)).toEqual(['build', 'typecheck', 'test', 'generate', 'contract-check'])
  expect(targets['build']?.outputs).toEqual(['{projectRoot}/dist'])
  expect(targets['build']?.command).toMatch(/^node \.\.\/.*build-package\.ts$/)
  expect(targets['test']?.command).toContain('vitest run pipelines/flights/')
})

test('generate does not count its own output as an input', async () => {
  const { generate } = (await infer(pipeline))['pipelines/flights'] ?? {}
  expect(generate?.outputs).toEqual(['{projectRoot}/src/ports.ts', '{projectRoot}/contract.json'])
  expect(generate?.inputs).toContain('!{projectRoot}/src/ports.ts')
})

test('an app is type-checked, not built', async () => {
  const targets = await infer({
    'apps/a/package.json': '{ "private": true }',
    'apps/a/tsconfig.json': '{}',
    'apps/a/levada.config.ts': '',
  })
  expect(Object.keys(targets['apps/a'] ?? {})).toEqual(['typecheck'])
})

test('a project with nothing to do, and the root, get no target', async () => {
  expect(
    await infer({ 'package.json': '{}', 'tsconfig.json': '{}', 'a.ts': '', 'tools/x/package.json': '{}' }),
  ).toEqual({})
})

test('each option renames its target', async () => {
  const options = { build: 'b', typecheck: 'tc', test: 't', generate: 'g', contractCheck: 'cc' }
  expect(Object.keys((await infer(pipeline, options))['pipelines/flights'] ?? {})).toEqual([
    'b',
    'tc',
    't',
    'g',
    'cc',
  ])
})

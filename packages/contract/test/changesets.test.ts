import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readChangesets } from '../src/changesets.ts'

const names = ['@acme/a', '@acme/b', '@acme/c', 'other']

test.each<[string, object, readonly string[]]>([
  ['no groups', {}, ['minor', 'patch', 'none', 'none']],
  ['a fixed group', { fixed: [['@acme/a', '@acme/c']] }, ['minor', 'patch', 'minor', 'none']],
  ['a fixed group by a pattern', { fixed: [['@acme/*']] }, ['minor', 'minor', 'minor', 'none']],
  ['a linked group: those that rise', { linked: [['@acme/*', 'other']] }, ['minor', 'minor', 'none', 'none']],
  ['two groups', { fixed: [['@acme/a'], ['@acme/b', 'other']] }, ['minor', 'patch', 'none', 'patch']],
])('bumps of the pending changesets with %s', (_, config, bumps) => {
  const root = mkdtempSync(join(tmpdir(), 'levada-changesets-'))
  try {
    mkdirSync(join(root, '.changeset'))
    writeFileSync(join(root, '.changeset/config.json'), JSON.stringify(config))
    writeFileSync(join(root, '.changeset/one.md'), "---\n'@acme/a': minor\n'@acme/b': patch\n---\n\nOne.\n")
    writeFileSync(join(root, '.changeset/two.md'), "---\n'@acme/a': patch\n---\n\nTwo.\n")
    const { pending } = readChangesets(root)
    expect(names.map(pending)).toEqual(bumps)
  } finally {
    rmSync(root, { recursive: true })
  }
})

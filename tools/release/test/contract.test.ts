// `levada contract` and `levada release check` beside a real registry, real git and real changesets.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { column, contractText, startWorkspace, type Workspace } from './levada-workspace.ts'

const flights = { provides: { 'aviation.flights': [column('day', 'date'), column('delay')] } }
const delays = {
  requires: { 'aviation.flights': [column('delay')] },
  provides: { 'delays.daily': [column('delay')] },
}
const widened = {
  provides: { 'aviation.flights': [...flights.provides['aviation.flights'], column('gate', 'string', true)] },
}
const narrowed = { provides: { 'aviation.flights': [column('day', 'date')] } }

let team: Workspace
beforeAll(async () => {
  team = await startWorkspace()
  team.pipeline('delays', '1.0.0', delays)
  await team.publish('delays')
  for (const [version, parts] of [
    ['0.9.0', narrowed],
    ['1.0.0', flights],
  ] as const) {
    team.pipeline('flights', version, parts)
    await team.publish('flights')
  }
  team.pipeline('flights', '2.0.0-next.0', narrowed)
  await team.publish('flights', 'next')
  team.pipeline('flights', '1.0.0', flights)
  await team.git('add', '--all')
  await team.git('commit', '--quiet', '--message', 'first')
}, 120_000)
afterAll(() => team[Symbol.asyncDispose]())

interface Printed {
  readonly consumers: readonly { readonly name: string }[]
  readonly packages: readonly { readonly name: string }[]
}
/** What `levada … --json` prints. */
const json = async (...args: readonly string[]): Promise<Printed> =>
  JSON.parse((await team.levada(...args, '--json')).stdout) as Printed

function clean(): void {
  for (const id of ['change', 'contract-acme-flights', 'contract-acme-delays'])
    for (const end of ['md', 'contract.yaml'])
      rmSync(join(team.dir, `.changeset/${id}.${end}`), { force: true })
  team.pipeline('flights', '1.0.0', flights)
  team.pipeline('delays', '1.0.0', delays)
}
const changeset = (text: string): void =>
  team.write({ '.changeset/change.md': `---\n${text}\n---\n\nA change.\n` })

describe('levada contract', () => {
  test.each([
    ['@acme/flights', '1.0.0'],
    ['@acme/flights@latest', '1.0.0'],
    ['@acme/flights@0.9.0', '0.9.0'],
    ['@acme/flights@^0.9', '0.9.0'],
    ['@acme/flights@>=0.9', '1.0.0'],
  ])('show %s reads %s from the registry', async (side, version) => {
    const { stdout } = await team.levada('contract', 'show', side)
    expect(stdout).toMatch(new RegExp(`^@acme/flights ${version.replaceAll('.', '\\.')}`))
  })

  test('diff of a version and a folder, of a revision and a tarball', async () => {
    clean()
    team.pipeline('flights', '1.0.0', narrowed)
    const one = await team.levada('contract', 'diff', '@acme/flights@1.0.0', 'pipelines/flights')
    expect([one.exitCode, one.stdout]).toEqual([
      1,
      expect.stringContaining("'aviation.flights'.delay is gone"),
    ])
    const tarball = await team.pack('flights')
    const two = await team.levada('contract', 'diff', 'main:pipelines/flights', tarball, '--json')
    expect(two.exitCode).toBe(1)
    expect(JSON.parse(two.stdout)).toMatchObject({
      verdict: 'breaking',
      bump: 'major',
      old: { package: { version: '1.0.0' } },
      changes: [{ rule: 'column-removed', path: 'delay' }],
    })
    clean()
    expect(
      (await team.levada('contract', 'diff', 'HEAD:pipelines/flights', 'pipelines/flights')).exitCode,
    ).toBe(0)
  })

  test.each([
    [
      ['@acme/flights@7.0.0'],
      /REGISTRY_FAILED The registry has no @acme\/flights@7\.0\.0; it has 0\.9\.0, 1\.0\.0, 2\.0\.0-next\.0, latest is 1\.0\.0/,
    ],
    [['@acme/nothing@1.0.0'], /REGISTRY_FAILED No registry that \.npmrc names has a package @acme\/nothing/],
    [
      ['main:pipelines/none'],
      /CONTRACT_MISSING There is no contract\.json in the revision main at pipelines\/none/,
    ],
    [['main'], /CONTRACT_MISSING .* this folder[^]*main:pipelines\/orders/],
    [['--', '--output=x'], /GIT_FAILED '--output=x' is no folder/],
  ])('show %j says what is not there, exit 2', async (args, message) => {
    const { exitCode, stderr } = await team.levada('contract', 'show', ...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)])
  })

  test('consumers, in the workspace and in the scope of the registry', async () => {
    const here = await json('contract', 'consumers', 'aviation.flights.delay')
    expect(here.consumers.map((each) => each.name)).toEqual(['@acme/delays'])
    const there = await json('contract', 'consumers', 'aviation.flights', '--scope', '@acme')
    expect(there.consumers).toEqual([
      {
        name: '@acme/delays',
        at: '@acme/delays@1.0.0',
        asSource: false,
        columns: ['delay'],
        nodes: ['make'],
      },
    ])
    const none = await team.levada('contract', 'consumers', 'aviation.flights.day')
    expect([none.exitCode, none.stdout]).toEqual([0, 'Nobody here reads aviation.flights.day.\n'])
  })
})

describe('levada release check', () => {
  test('nothing has changed', async () => {
    clean()
    const { exitCode, stdout } = await team.levada('release', 'check')
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('@acme/flights 1.0.0 as published: same')])
  })

  test('a feature without a changeset asks for one, --fix writes it, and then it is enough', async () => {
    clean()
    team.pipeline('flights', '1.0.0', widened)
    const first = await team.levada('release', 'check')
    expect(first.exitCode).toBe(1)
    expect(first.stdout).toContain('needs a minor, and no changeset raises it')
    expect(first.stdout).toContain("'@acme/flights': minor")
    expect(first.stdout).toContain('aviation.flights is read by @acme/delays (make), which is not broken')
    const fixed = await team.levada('release', 'check', '--fix')
    expect([fixed.exitCode, fixed.stdout]).toEqual([
      0,
      expect.stringContaining('.changeset/contract-acme-flights.md'),
    ])
    const file = join(team.dir, '.changeset/contract-acme-flights.md')
    expect(readFileSync(file, 'utf8')).toMatch(
      /^---\n'@acme\/flights': minor\n---\n\n'aviation\.flights'\.gate is new/,
    )
    const second = await team.levada('release', 'check')
    expect([second.exitCode, second.stdout]).toEqual([
      0,
      expect.stringContaining('1.0.0 → 1.1.0 against 1.0.0: compatible'),
    ])
    const text = readFileSync(file, 'utf8')
    await team.levada('release', 'check', '--fix')
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test('a break released as minor is refused, and names who reads what breaks', async () => {
    clean()
    changeset("'@acme/flights': minor")
    team.pipeline('flights', '1.0.0', narrowed)
    const { exitCode, stdout } = await team.levada('release', 'check')
    expect(exitCode).toBe(1)
    expect(stdout).toContain('needs a major, and is raised by a minor')
    expect(stdout).toContain('aviation.flights.delay is read by @acme/delays (make)')
    const { packages } = await json('release', 'check')
    expect(packages.find((each) => each.name === '@acme/flights')).toMatchObject({
      next: '1.1.0',
      baseline: '1.0.0',
      verdict: 'too-small',
      given: 'minor',
      required: 'major',
      changeset: "'@acme/flights': major",
    })
    const { stdout: markdown } = await team.levada('release', 'check', '--markdown')
    expect(markdown).toContain('| `@acme/flights` | 1.0.0 | 1.1.0 | minor | major | **too small** |')
    expect(markdown).toContain(
      "| major | 'aviation.flights'.delay is gone (it was int). | `column-removed` |",
    )
    changeset("'@acme/flights': major")
    expect((await team.levada('release', 'check')).exitCode).toBe(0)
  })

  test('what a package passes on is in its own diff, and code that changed tells what to compute again', async () => {
    clean()
    changeset("'@acme/flights': patch")
    team.pipeline('flights', '1.0.0', { ...flights, fingerprint: 'f2' })
    team.pipeline('delays', '1.0.0', { ...delays, provides: { 'delays.daily': [column('delay', 'float')] } })
    const { packages } = await json('release', 'check')
    expect(packages).toMatchObject([
      { name: '@acme/delays', verdict: 'too-small', required: 'major', passes_on: ['@acme/flights'] },
      {
        name: '@acme/flights',
        verdict: 'enough',
        required: 'patch',
        recompute: ['aviation.flights', 'delays.daily'],
      },
    ])
  })

  test('a rule is relaxed for one change, with reason and approver', async () => {
    clean()
    changeset("'@acme/flights': minor")
    team.pipeline('flights', '1.0.0', narrowed)
    const relax = (accept: string): void =>
      team.write({
        '.changeset/change.contract.yaml': `accept: [${accept}]\nreason: Nobody reads it.\napprovedBy: ann\n`,
      })
    relax('column-removed aviation.flights.delay')
    const { exitCode, stdout } = await team.levada('release', 'check')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(
      'relaxed column-removed aviation.flights.delay by change: Nobody reads it. (approved by ann)',
    )
    relax('column-removed')
    expect((await team.levada('release', 'check')).exitCode).toBe(0)
    relax('asset-removed')
    expect((await team.levada('release', 'check')).stderr).toContain(
      "accepts 'asset-removed', which no package of its changeset does",
    )
    relax('column-removed')
    team.pipeline('flights', '1.0.0', { provides: { 'aviation.flights': [column('gate', 'string', true)] } })
    expect((await team.levada('release', 'check')).stderr).toContain(
      "accepts 'column-removed', which are 2 changes",
    )
    rmSync(join(team.dir, '.changeset/change.md'))
    team.pipeline('flights', '1.0.0', narrowed)
    const orphan = await team.levada('release', 'check')
    expect([orphan.exitCode, orphan.stdout]).toEqual([
      1,
      expect.stringContaining('relaxes nothing: its changeset is gone'),
    ])
  })

  test('a new package passes with a note', async () => {
    clean()
    team.pipeline('gates', '0.1.0', { provides: { 'aviation.gates': [column('id')] } })
    const { exitCode, stdout } = await team.levada('release', 'check')
    rmSync(join(team.dir, 'pipelines/gates'), { recursive: true })
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('@acme/gates 0.1.0: a new package')])
  })

  test.each([
    ['0.8.0', 2, '@acme/flights would be 0.8.0, which is below all that is published: 0.9.0 is the lowest.'],
    ['one', 2, "@acme/flights has the version 'one', which is none."],
    ['0.8.0-next.0', 0, '@acme/flights 0.8.0-next.0: the registry has no stable version below it'],
  ])('a version %s has nothing to be compared with: exit %i', async (version, code, says) => {
    clean()
    team.pipeline('flights', version, flights)
    const { exitCode, stdout } = await team.levada('release', 'check')
    expect([exitCode, stdout]).toEqual([code, expect.stringContaining(says)])
  })

  test('a registry that does not answer, and a contract that cannot be read, are no pass: exit 2', async () => {
    clean()
    const own = readFileSync(join(team.dir, '.npmrc'), 'utf8')
    team.write({ '.npmrc': '@acme:registry=http://127.0.0.1:2/\n' })
    const gone = await team.levada('release', 'check')
    team.write({ '.npmrc': own })
    expect([gone.exitCode, gone.stdout]).toEqual([2, expect.stringContaining('REGISTRY_FAILED')])
    team.registry.refuseOnce(({ path }) => path.includes('flights'))
    const refused = await team.levada('release', 'check')
    expect([refused.exitCode, refused.stdout]).toEqual([
      2,
      expect.stringMatching(/answered 503[^]*Try again/),
    ])
    team.write({
      'pipelines/flights/contract.json': contractText('flights', flights).replace(
        '"format": 1',
        '"format": 2',
      ),
    })
    const newer = await team.levada('release', 'check')
    expect([newer.exitCode, newer.stdout]).toEqual([2, expect.stringContaining('PROTOCOL')])
  })

  test('packed tarballs are held against the versions in them; the changelog tells what was relaxed', async () => {
    clean()
    team.pipeline('flights', '1.1.0', narrowed)
    const small = await team.pack('flights')
    const refused = await team.levada('release', 'check', '--packed', small)
    expect([refused.exitCode, refused.stdout]).toEqual([
      1,
      expect.stringContaining('Publish it as a major, or not at all.'),
    ])
    team.pipeline('flights', '2.0.0', narrowed)
    expect((await team.levada('release', 'check', '--packed', await team.pack('flights'))).exitCode).toBe(0)

    clean()
    changeset("'@acme/flights': minor")
    team.pipeline('flights', '1.0.0', narrowed)
    team.write({
      '.changeset/change.contract.yaml':
        'accept: [column-removed]\nreason: Nobody reads it.\napprovedBy: ann\n',
    })
    await team.git('add', '--all')
    await team.git('commit', '--quiet', '--message', 'change')
    const { exitCode, stderr } = await team.changeset('version')
    expect([exitCode, stderr]).toEqual([0, expect.any(String)])
    const changelog = readFileSync(join(team.dir, 'pipelines/flights/CHANGELOG.md'), 'utf8')
    expect(changelog.replace(/^- [0-9a-f]{7}:/m, '- COMMIT:')).toContain(`## 1.1.0

### Minor Changes

- COMMIT: A change.

  Data contract changes of \`@acme/flights\` since 1.0.0:

  | bump | change | rule |
  | --- | --- | --- |
  | major | 'aviation.flights'.delay is gone (it was int). | \`column-removed\` |

  Relaxed: \`column-removed aviation.flights.delay\`: Nobody reads it. (approved by ann)
`)
    expect(existsSync(join(team.dir, '.changeset/change.md'))).toBe(false)
    const packed = await team.levada('release', 'check', '--packed', await team.pack('flights'))
    expect([packed.exitCode, packed.stdout]).toEqual([
      0,
      expect.stringContaining('by 1.1.0: Nobody reads it.'),
    ])
  })

  test('a packed pipeline that has lost its contract is no pass', async () => {
    clean()
    team.write({ 'pipelines/flights/src/pipeline.ts': '' })
    rmSync(join(team.dir, 'pipelines/flights/contract.json'))
    const lost = await team.levada('release', 'check', '--packed', await team.pack('flights'))
    expect([lost.exitCode, lost.stdout]).toEqual([2, expect.stringContaining('CONTRACT_MISSING')])
    rmSync(join(team.dir, 'pipelines/flights/src'), { recursive: true })
    const other = await team.levada('release', 'check', '--packed', await team.pack('flights'))
    expect([other.exitCode, other.stdout]).toEqual([
      0,
      expect.stringContaining('No tarball there has a contract.json.'),
    ])
  })

  test('the same version with another contract is refused', async () => {
    clean()
    team.pipeline('flights', '1.0.0', widened)
    const { exitCode, stdout } = await team.levada('release', 'check', '--packed', await team.pack('flights'))
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('needs a minor')])
  })
})

test('levada app diff reads what a lockfile of a revision pins from the registry', async () => {
  clean()
  const tower = { provides: { 'aviation.towers': [column('id'), column('height')] } }
  team.pipeline('tower', '1.0.0', tower)
  await team.publish('tower')
  rmSync(join(team.dir, 'pipelines/tower'), { recursive: true })
  const lockfile = { packages: { 'node_modules/@acme/tower': { version: '1.0.0' } } }
  team.write({
    'apps/coast/package.json': '{ "name": "@acme/coast", "dependencies": { "@acme/tower": "^1.0.0" } }',
    'apps/coast/levada.config.ts': 'export default undefined\n',
    'package-lock.json': JSON.stringify(lockfile),
  })
  await team.git('add', '--all')
  await team.git('commit', '--quiet', '--message', 'coast')
  const installed = 'apps/coast/node_modules/@acme/tower'
  team.write({
    [`${installed}/package.json`]: '{ "name": "@acme/tower", "version": "2.0.0" }',
    [`${installed}/contract.json`]: contractText('tower', {
      provides: { 'aviation.towers': [column('id')] },
    }),
  })
  const { exitCode, stdout } = await team.levada('app', 'diff', 'HEAD', '--app', 'apps/coast')
  expect([exitCode, stdout]).toEqual([1, expect.stringContaining('@acme/tower 1.0.0 → 2.0.0: breaking')])
})

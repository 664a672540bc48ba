// A new user: `npm create @levada@latest`, install, start, test and the checks of the new workspace, in an empty folder and
// from a registry of our own that has the packages as they are built. Nothing of this repository is on the path.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { exec, steps, tryExec, withoutNpm } from './exec.ts'
import { publicPackages, root } from './packages.ts'
import { startRegistry } from './registry.ts'

/** From the command to passed tests, when npm need not download what everybody else has published. */
const limitSeconds = 90

const temp = mkdtempSync(join(tmpdir(), 'levada-create-'))
process.on('exit', () => rmSync(temp, { recursive: true, force: true }))
const packs = join(temp, 'packs')
const home = join(temp, 'home')
const workspace = join(temp, 'empty/demo')
const cache = join(root, 'node_modules/.cache/levada-create')
const isWarm = existsSync(join(cache, '_cacache'))

await using registry = await startRegistry({
  folder: join(temp, 'registry'),
  scopes: ['@levada', '@levada-examples'],
})
const userconfig = join(home, '.npmrc')
const env: NodeJS.ProcessEnv = {
  ...withoutNpm(process.env),
  HOME: home,
  npm_config_userconfig: userconfig,
  npm_config_cache: cache,
  NX_DAEMON: 'false',
  NO_COLOR: '1',
  // The Node and the commands of the machine, not those of this repository.
  PATH: (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules') && !folder.startsWith(root))
    .join(delimiter),
}
let seconds = 0

await steps({
  'pack and publish': publish,
  'npm create @levada@latest demo': timed(create),
  'npm install': timed(install),
  'npm start': timed(start),
  'npm test': timed(test),
  'its own checks': check,
  'levada new, then the same again': grow,
  'nx: generators and data edges': nx,
  'a folder that holds something is refused': refuse,
})
console.log(`create to passed tests: ${seconds.toFixed(1)} s, with a ${isWarm ? 'warm' : 'cold'} cache`)
if (isWarm && seconds > limitSeconds) throw new Error(`That is more than ${limitSeconds} s`)

function timed(step: () => Promise<void>): () => Promise<void> {
  return async () => {
    const began = performance.now()
    await step()
    seconds += (performance.now() - began) / 1000
  }
}

function npm(...args: string[]): Promise<string> {
  return exec('npm', args, { cwd: workspace, env })
}

async function publish(): Promise<void> {
  await exec('node_modules/.bin/nx', ['run-many', '--target=build'], { cwd: root })
  for (const { dir } of publicPackages(root))
    await exec('pnpm', ['pack', '--pack-destination', packs], { cwd: join(root, dir) })
  mkdirSync(home)
  // As people have it: their own settings, and a line that says where a scope comes from.
  const own = (
    await exec('npm', ['config', 'get', 'userconfig'], { cwd: temp, env: withoutNpm(process.env) })
  ).trim()
  const address = registry.url.slice('http:'.length)
  writeFileSync(
    userconfig,
    `${existsSync(own) ? readFileSync(own, 'utf8') : ''}\n@levada:registry=${registry.url}\n@levada-examples:registry=${registry.url}\n${address}:_authToken=${registry.token}\n`,
  )
  const resolved = (await exec('npm', ['config', 'get', '@levada:registry'], { cwd: temp, env })).trim()
  if (resolved !== registry.url) throw new Error(`npm would publish to ${resolved}`)
  await Promise.all(
    readdirSync(packs).map((file) => exec('npm', ['publish', join(packs, file)], { cwd: temp, env })),
  )
}

async function create(): Promise<void> {
  mkdirSync(join(workspace, '..'), { recursive: true })
  // npx keeps what it has installed once by its version, which is the same for each build.
  rmSync(join(cache, '_npx'), { recursive: true, force: true })
  await exec('npm', ['create', '@levada@latest', 'demo', '--yes'], { cwd: join(workspace, '..'), env })
  const npmrc = readFileSync(join(workspace, '.npmrc'), 'utf8')
  if (!npmrc.includes(`@levada:registry=${registry.url}\n`)) throw new Error(`.npmrc says:\n${npmrc}`)
  if (npmrc.includes(registry.token)) throw new Error('.npmrc holds a token')
}

async function install(): Promise<void> {
  await npm('install')
  const { packages } = JSON.parse(readFileSync(join(workspace, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { resolved?: string; integrity?: string }>
  }
  const packed = new Set(readdirSync(packs).map((file) => integrityOf(join(packs, file))))
  const ours = Object.entries(packages).filter(([name]) => /node_modules\/@levada\/[^/]+$/.test(name))
  // An .npmrc may leave the addresses out.
  const foreign = ours.filter(
    ([, { resolved, integrity }]) =>
      resolved?.startsWith(registry.url) === false || !packed.has(integrity ?? ''),
  )
  if (ours.length < 6 || foreign.length > 0)
    throw new Error(`${ours.length} packages of Levada, of which are not ours: ${JSON.stringify(foreign)}`)
}

function integrityOf(file: string): string {
  return `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`
}

async function start(): Promise<void> {
  const out = await npm('start')
  if (!/shop\.daily_revenue +\d+/.test(out)) throw new Error(`npm start says nothing of its rows:\n${out}`)
}

async function test(): Promise<void> {
  const out = await npm('test')
  if (!/Tests +3 passed \(3\)/.test(out)) throw new Error(`npm test:\n${out}`)
}

async function check(): Promise<void> {
  await npm('run', 'check')
  await npm('run', 'build')
  if (!existsSync(join(workspace, 'pipelines/orders/dist/stage-orders.sql')))
    throw new Error('The build of pipelines/orders has no SQL')
  const tested = await exec('npx', ['levada', 'test'], { cwd: workspace, env })
  if (!/@demo\/orders: 3 statements bound in duckdb/.test(tested) || !tested.includes('tests passed'))
    throw new Error(`levada test: ${tested}`)
  const packed = await exec('npx', ['levada', 'package'], { cwd: join(workspace, 'pipelines/orders'), env })
  if (!packed.includes('.tgz')) throw new Error(`levada package: ${packed}`)
  const settings = JSON.parse(readFileSync(join(workspace, '.vscode/settings.json'), 'utf8')) as {
    'yaml.schemas': object
  }
  const absent = Object.keys(settings['yaml.schemas']).filter((file) => !existsSync(join(workspace, file)))
  if (absent.length > 0)
    throw new Error(`The editor is told of schemas that are not there: ${absent.join(', ')}`)
}

/** What `levada new` adds passes all of it, too: the dataset's conformance suite is one of the tests. */
async function grow(): Promise<void> {
  const parts = [
    ['.', 'pipeline', 'payments'],
    ['pipelines/payments', 'node', 'daily-totals'],
    ['pipelines/payments', 'asset', 'payments.refunds'],
    ['apps/demo', 'resource', 'notifier'],
    ['apps/demo', 'dataset', 'ledger'],
    ['.', 'app', 'reports'],
  ] as const
  const add = async (): Promise<string> => {
    const said: string[] = []
    for (const [folder, ...words] of parts)
      said.push(
        await exec(join(workspace, 'node_modules/.bin/levada'), ['new', ...words], {
          cwd: join(workspace, folder),
          env,
        }),
      )
    return said.join('\n')
  }
  const said = await add()
  if (said.includes('Add to ')) throw new Error(`levada new was not sure:\n${said}`)
  await npm('install')
  await npm('run', 'check')
  const tests = await npm('test')
  if (!tests.includes('apps/demo/test/ledger.test.ts')) throw new Error(tests)
  const out = await npm('start')
  if (!/payments\.daily_totals +1 /.test(out)) throw new Error(out)
  const again = await add()
  if (/^written/m.test(again)) throw new Error(`A second levada new changes something:\n${again}`)
}

/** Of the plugin as it is installed: its targets, its generators, and that who reads an asset is affected by who provides it. */
async function nx(): Promise<void> {
  const run = (command: string, ...args: string[]): Promise<string> =>
    exec(command, args, { cwd: workspace, env })
  const nx = (...args: string[]): Promise<string> => run('npx', 'nx', ...args)
  await nx('generate', '@levada/nx:pipeline', 'ratings')
  await nx('generate', '@levada/nx:node', 'best', '--folder=pipelines/ratings')
  const reads = `import { expects } from '@levada/core'
import { z } from 'zod'
export const orders = expects('shop.orders', z.object({ id: z.int() }))
`
  writeFileSync(join(workspace, 'pipelines/ratings/src/orders.ts'), reads)
  const file = join(workspace, 'pipelines/ratings/src/best.ts')
  const text = readFileSync(file, 'utf8').replace('inputs: {}', 'inputs: { orders }')
  writeFileSync(file, `import { orders } from './orders.ts'\n${text}`)
  writeFileSync(join(workspace, 'pipelines/ratings/src/best.sql'), 'select distinct id from orders\n')
  await npm('install')
  await nx('run-many', '--target=generate')
  await npm('run', 'check')
  await run('git', 'init', '--quiet', '--initial-branch=main')
  await run('git', 'add', '--all')
  await run(
    'git',
    '-c',
    'user.name=New',
    '-c',
    'user.email=new@example.invalid',
    'commit',
    '--quiet',
    '-m',
    'base',
  )
  writeFileSync(
    join(workspace, 'pipelines/orders/src/stage-orders.sql'),
    `-- changed\n${readFileSync(join(workspace, 'pipelines/orders/src/stage-orders.sql'), 'utf8')}`,
  )
  const affected = await nx('show', 'projects', '--affected', '--base=HEAD', '--json')
  const projects = (JSON.parse(affected) as string[]).toSorted()
  if (projects.join() !== '@demo/demo-app,@demo/orders,@demo/ratings')
    throw new Error(`Affected by a change of orders: ${projects.join()}`)
}

async function refuse(): Promise<void> {
  const { exitCode, stderr } = await tryExec('npm', ['create', '@levada@latest', 'demo', '--yes'], {
    cwd: join(workspace, '..'),
    env,
  })
  if (exitCode === 0 || !stderr.includes('error FILE_EXISTS')) throw new Error(`exit ${exitCode}: ${stderr}`)
}

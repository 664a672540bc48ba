import { fillManifest } from '../manifest.ts'
import { readTemplate } from '../template.ts'
import type { Addition, Edit, Folder } from './addition.ts'
import { withImport, withItem } from './edit-code.ts'
import { withDependency } from './edit-manifest.ts'
import { assetPart, importName, typeName, quoted } from './names.ts'
import { factsOf, hasPackagesIn, type WorkspaceFacts } from './workspace-facts.ts'

const version = '0.1.0'

/**
 * A pipeline package with one node, listed in an app.
 *
 * @param root of the workspace
 * @param app the app that lists it; the only one when it is left out
 */
export function addPipeline(root: Folder, name: string, app?: string): Addition {
  const facts = factsOf(root)
  const dir = `pipelines/${name}`
  const packageName = `${facts.scope}/${name}`
  const files = {
    [`${dir}/package.json`]: manifest(facts, name),
    [`${dir}/tsconfig.json`]: ofTemplate('pipelines/orders/tsconfig.json'),
    [`${dir}/README.md`]: `# ${packageName}\n\nSay what its data is, and who answers for it. [contract.json](contract.json) says the rest.\n`,
    [`${dir}/src/assets.ts`]: assets(name),
    [`${dir}/src/pipeline.ts`]: pipeline(name),
    [`${dir}/src/index.ts`]: ofTemplate('pipelines/orders/src/index.ts'),
    [`${dir}/src/make-${name}.sql`]:
      "-- Read what is under `inputs` of the node by its name.\nselect 1 as id, 'first' as name\n",
    [`${dir}/test/${name}.test.ts`]: test(name),
  }
  const into = app ?? (facts.apps.length === 1 ? facts.apps[0] : undefined)
  return {
    files,
    edits: [
      ...(hasPackagesIn(root, 'pipelines') ? [] : [byHand('package.json', `"workspaces": ["pipelines/*"]`)]),
      ...(into === undefined
        ? listSomewhere(root, packageName, name, facts)
        : listIn(root, `apps/${into}`, packageName, name, facts)),
    ],
  }
}

/** With several apps, somebody has to say which one. */
function listSomewhere(
  root: Folder,
  packageName: string,
  name: string,
  { apps }: WorkspaceFacts,
): readonly Edit[] {
  const listed = apps.some((app) => root.read(`apps/${app}/package.json`)?.includes(`"${packageName}"`))
  if (listed || apps.length === 0) return []
  return [
    byHand(
      'apps/<app>/levada.config.ts',
      importLine(packageName, importName('', packageName, name, 'Pipeline')),
    ),
  ]
}

const importLine = (packageName: string, constant: string): string =>
  `import ${constant} from '${packageName}'\n… pipelines: [${constant}]`

const byHand = (file: string, line: string): Edit => ({ file, line, text: undefined })

function listIn(
  root: Folder,
  dir: string,
  packageName: string,
  name: string,
  facts: WorkspaceFacts,
): readonly Edit[] {
  const config = `${dir}/levada.config.ts`
  const range = facts.ownRange(version)
  const text = root.read(config) ?? ''
  const constant = importName(text, packageName, name, 'Pipeline')
  const line = `import ${constant} from '${packageName}'`
  const imported = withImport(text, line)
  const listed = withItem(imported ?? text, 'pipelines', constant)
  const both = imported !== undefined && listed !== undefined ? listed : undefined
  return [
    {
      file: `${dir}/package.json`,
      line: `"dependencies": { "${packageName}": "${range}" }`,
      text: withDependency(root.read(`${dir}/package.json`) ?? '', 'dependencies', packageName, range),
    },
    { file: config, line: importLine(packageName, constant), text: both },
  ]
}

const ofTemplate = (file: string): string => readTemplate().files[file]!

function manifest({ scope, range, peerRange, sourceConditions }: WorkspaceFacts, name: string): string {
  const made = JSON.parse(ofTemplate('pipelines/orders/package.json')) as Record<string, unknown> & {
    exports: Record<string, object>
  }
  const published = made.exports
  if (sourceConditions.length > 0) {
    const source = Object.fromEntries(sourceConditions.map((each) => [each, './src/index.ts']))
    made.exports = { ...published, '.': { ...source, ...published['.'] } }
    made['publishConfig'] = { exports: published }
  }
  const over = (kind: string, rangeOf: (name: string) => string): Record<string, string> =>
    Object.fromEntries(Object.keys(made[kind] as object).map((each) => [each, rangeOf(each)]))
  return fillManifest(
    JSON.stringify({
      ...made,
      name: `${scope}/${name}`,
      version,
      description: `The pipeline ${name}.`,
      dependencies: over('dependencies', range),
      devDependencies: over('devDependencies', range),
      peerDependencies: over('peerDependencies', peerRange),
    }),
  )
}

const assetName = (name: string): string => `${assetPart(name)}.items`

const assets = (name: string): string => `import { asset } from '@levada/core'
import { z } from 'zod'

export const items = asset('${assetName(name)}', {
  description: 'One row per item.',
  schema: z.object({ id: z.int(), name: z.string() }),
  key: ['id'],
})
`

const pipeline = (name: string): string => `import { definePipeline, sqlNode } from '@levada/core'
import { items } from ${quoted('./assets.ts')}
import type { ${typeName(name)}Pipeline } from ${quoted('./ports.ts')}

const make = sqlNode('make-${name}', {
  inputs: {},
  output: items,
  sql: new URL(${quoted(`./make-${name}.sql`)}, import.meta.url),
})

export const pipeline: ${typeName(name)}Pipeline = definePipeline('${name}', { nodes: [make] })
export default pipeline
`

const test = (name: string): string => `import { expectRows, runPipeline } from '@levada/testing/pipeline'
import { test } from 'vitest'
import pipeline from ${quoted('../src/index.ts')}

// What the package reads is made up, unless it is given: { inputs: { 'domain.name': [ … ] } }.
test('the rows are what they have to be', async () => {
  const run = await runPipeline(pipeline)
  expectRows(run.rows('${assetName(name)}'), [{ id: 1, name: 'first' }])
})
`

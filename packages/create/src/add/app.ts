import { fillManifest } from '../manifest.ts'
import { readTemplate } from '../template.ts'
import type { Addition, Edit, Folder } from './addition.ts'
import { factsOf, hasPackagesIn } from './workspace-facts.ts'

/**
 * An app that composes no pipeline yet.
 *
 * @param root of the workspace
 */
export function addApp(root: Folder, name: string): Addition {
  const facts = factsOf(root)
  const dir = `apps/${name}`
  const { files } = readTemplate()
  const from = (file: string): string => files[`apps/acme-data/${file}`]!.replaceAll('acme-data', name)
  const manifest = JSON.parse(from('package.json')) as { dependencies: Record<string, string> }
  const dependencies = Object.fromEntries(
    Object.keys(manifest.dependencies)
      .filter((each) => each.startsWith('@levada/'))
      .map((each) => [each, facts.range(each)]),
  )
  return {
    files: {
      [`${dir}/package.json`]: fillManifest(
        JSON.stringify({ ...manifest, name: `${facts.scope}/${name}-app`, dependencies }),
      ),
      [`${dir}/levada.config.ts`]: config(name),
      [`${dir}/conf/base/globals.yml`]: from('conf/base/globals.yml'),
      [`${dir}/conf/base/catalog.yml`]: from('conf/base/catalog.yml').replace(/^shop.*\n/m, ''),
      [`${dir}/conf/prod/environment.yml`]: from('conf/prod/environment.yml'),
      [`${dir}/conf/prod/globals.yml`]: from('conf/prod/globals.yml'),
      [`${dir}/conf/local/.gitkeep`]: '',
    },
    edits: [
      ...(hasPackagesIn(root, 'apps')
        ? []
        : [{ file: 'package.json', line: '"workspaces": ["apps/*"]', text: undefined }]),
      ...checked(root, dir),
    ],
  }
}

/** The scripts of a workspace that name its apps name this one, too. */
function checked(root: Folder, dir: string): readonly Edit[] {
  const file = 'package.json'
  const text = root.read(file) ?? ''
  const commands = {
    check: `levada generate --check --app ${dir} && levada check --app ${dir}`,
    generate: `levada generate --app ${dir}`,
  }
  const made = Object.entries(commands).reduce(
    (before, [script, command]) =>
      before.replace(
        new RegExp(`("${script}": "[^"\\n]*\\blevada ${script} --app apps/[^"\\n]*)"`),
        (whole, there: string) =>
          new RegExp(`--app ${dir}(?![\\w-])`).test(there) ? whole : `${there} && ${command}"`,
      ),
    text,
  )
  return made.includes(`--app ${dir}`) ? [{ file, line: commands.check, text: made }] : []
}

const config = (name: string): string => `import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'

export default defineApp({
  name: '${name}',
  plugins: [duckdb(), parquet(), files()],
  pipelines: [],
})
`

import type { Addition, Edit, Folder } from './addition.ts'
import { manifestEdit } from './dataset.ts'
import { withEntry, withImport } from './edit-code.ts'
import { importName, typeName, quoted } from './names.ts'
import { factsOf } from './workspace-facts.ts'

/**
 * A service that nodes ask for and the app gives: its type, its settings, how it is opened and closed.
 *
 * @param root of an app
 * @param workspace around it, whose packages say the ranges
 */
export function addResource(root: Folder, workspace: Folder, name: string): Addition {
  const constant = importName(root.read('levada.config.ts') ?? '', `./src/${name}.ts`, name, 'Resource')
  const settings = 'conf/base/resources.yml'
  const entry = `${constant}: { url: 'https://example.com/' }`
  const there = root.read(settings)
  const { range } = factsOf(workspace)
  return {
    files: {
      [`src/${name}.ts`]: resource(name, constant),
      ...(there === undefined && { [settings]: `${entry}\n` }),
    },
    edits: [
      manifestEdit(root, [
        { kind: 'dependencies', name: '@levada/core', range: range('@levada/core') },
        { kind: 'dependencies', name: 'zod', range: range('zod') },
      ]),
      ...given(root, name, constant),
      // A file of settings is somebody's work.
      ...(there === undefined
        ? []
        : [
            {
              file: settings,
              line: entry,
              text: new RegExp(`^${constant}:`, 'm').test(there) ? there : undefined,
            },
          ]),
    ],
  }
}

function given(root: Folder, name: string, constant: string): readonly Edit[] {
  const file = 'levada.config.ts'
  const text = root.read(file)
  if (text === undefined) return []
  const line = `import { ${constant} } from ${quoted(`./src/${name}.ts`)}`
  const imported = withImport(text, line)
  return [
    {
      file,
      line: `${line}\n… resources: { ${constant}: ${constant}() }`,
      text:
        imported === undefined ? undefined : withEntry(imported, 'resources', `${constant}: ${constant}()`),
    },
  ]
}

const resource = (name: string, constant: string): string => `import { defineResource } from '@levada/core'
import { z } from 'zod'

/** What nodes get that ask for it: \`resources: { ${constant}: resource<${typeName(name)}>('<package>#${typeName(name)}') }\`. */
export interface ${typeName(name)} {
  send(text: string): Promise<void>
}

/** Its settings are the entry of its name in resources.yml. What is secret there is \`secret()\` of @levada/core. */
export const ${constant} = () =>
  defineResource('${name}', {
    config: z.strictObject({ url: z.url() }),
    setup: ({ url }): ${typeName(name)} => ({
      async send(text) {
        const answer = await fetch(url, { method: 'POST', body: text })
        if (!answer.ok) throw new Error(\`${name} answered \${answer.status}\`)
      },
    }),
  })
`

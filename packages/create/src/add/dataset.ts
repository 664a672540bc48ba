import { readTemplate } from '../template.ts'
import type { Addition, Edit, Folder } from './addition.ts'
import { withImport, withItem } from './edit-code.ts'
import { withDependency } from './edit-manifest.ts'
import { importName, quoted } from './names.ts'
import { factsOf } from './workspace-facts.ts'

/**
 * A type of dataset of one's own, with the conformance suite over it. It begins as the one of the guide, over SQLite.
 *
 * @param root of an app or a package
 * @param workspace around it, whose packages say the ranges
 */
export function addDataset(root: Folder, workspace: Folder, name: string): Addition {
  const constant = importName(root.read('levada.config.ts') ?? '', `./src/${name}.ts`, name, 'Dataset')
  const { range } = factsOf(workspace)
  const dependency = (kind: 'dependencies' | 'devDependencies', of: string) => ({
    kind,
    name: of,
    range: range(of),
  })
  return {
    files: {
      [`src/${name}.ts`]: readTemplate()
        .dataset.replaceAll(/(?<!node:)\bsqliteDataset\b/g, `${constant}Dataset`)
        .replaceAll("definePlugin('sqlite'", `definePlugin('${name}'`)
        .replaceAll('sqlite: datasetType(', `${name === constant ? name : `'${name}'`}: datasetType(`)
        .replaceAll("type: 'sqlite'", `type: '${name}'`)
        .replaceAll('type `sqlite`', `type \`${name}\``)
        .replaceAll('type: sqlite', `type: ${name}`)
        .replaceAll('const sqlite =', `const ${constant} =`),
      [`test/${name}.test.ts`]: `import { join } from 'node:path'
import { datasetConformance } from '@levada/testing'
import { describe, expect, test } from 'vitest'
import { ${constant}Dataset } from ${quoted(`../src/${name}.ts`)}

datasetConformance(
  { describe, test, expect },
  {
    name: '${name}',
    create: ({ asset, root, retention }) => ${constant}Dataset(join(root, '${name}.db'), asset, retention),
  },
)
`,
    },
    edits: [
      manifestEdit(root, [
        dependency('dependencies', '@levada/core'),
        dependency('dependencies', 'zod'),
        dependency('devDependencies', '@levada/testing'),
      ]),
      ...plugin(root, name, constant),
    ],
  }
}

interface Dependency {
  readonly kind: 'dependencies' | 'devDependencies'
  readonly name: string
  readonly range: string
}

/** One edit for all, since each begins where the one before has ended. */
export function manifestEdit(root: Folder, dependencies: readonly Dependency[]): Edit {
  const file = 'package.json'
  return {
    file,
    line: dependencies.map(({ kind, name, range }) => `"${kind}": { "${name}": "${range}" }`).join('\n'),
    text: dependencies.reduce<string | undefined>(
      (text, { kind, name, range }) =>
        // As a peer it is there already.
        text === undefined || new RegExp(`"${name}"\\s*:`).test(text)
          ? text
          : withDependency(text, kind, name, range),
      root.read(file),
    ),
  }
}

/** An app lists it; a package offers it to apps. */
function plugin(root: Folder, name: string, constant: string): readonly Edit[] {
  const file = 'levada.config.ts'
  const text = root.read(file)
  if (text === undefined) return []
  const line = `import { ${constant} } from ${quoted(`./src/${name}.ts`)}`
  const imported = withImport(text, line)
  return [
    {
      file,
      line: `${line}\n… plugins: [${constant}()]`,
      text: imported === undefined ? undefined : withItem(imported, 'plugins', `${constant}()`),
    },
  ]
}

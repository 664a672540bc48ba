import type { Addition, Edit, Folder } from './addition.ts'
import { withImport, withItem } from './edit-code.ts'
import { parsed } from './parsed.ts'
import { assetPart, importName, quoted } from './names.ts'

export interface NodeOptions {
  /** Kebab-case. */
  readonly name: string
  /** What it writes: `shop.daily_totals`. @default the name, in the domain of what the package provides */
  readonly output?: string | undefined
  /** A function in TypeScript in place of SQL. */
  readonly typescript: boolean
}

const pipelineFile = 'src/pipeline.ts'

/**
 * A node with its output, listed in `src/pipeline.ts`.
 *
 * @param root of a pipeline package
 */
export function addNode(root: Folder, { name, output, typescript }: NodeOptions): Addition {
  const asset = output ?? `${domainOf(root)}.${assetPart(name)}`
  const constant = importName(root.read(pipelineFile) ?? '', `./${name}.ts`, name, 'Node')
  return {
    files: typescript
      ? { [`src/${name}.ts`]: functionNode(name, constant, asset) }
      : {
          [`src/${name}.ts`]: sqlNode(name, constant, asset),
          [`src/${name}.sql`]: '-- Read what is under `inputs` of the node by its name.\nselect 1 as id\n',
        },
    edits: [listed(root, name, constant)],
  }
}

/** Why a package can have no node of a name in a file of its own, if so: the file, or the name, is of something else. */
export function nodeProblem(root: Folder, name: string): string | undefined {
  const there = root.read(`src/${name}.ts`)
  const declares = new RegExp(`\\b(sqlNode|node)\\(\\s*['"\`]${name}['"\`]`)
  if (there !== undefined)
    return declares.test(there) ? undefined : `src/${name}.ts is there, and has no node '${name}'`
  const { nodes = [] } = parsed(root, 'contract.json') as { readonly nodes?: readonly { name?: unknown }[] }
  return nodes.some((each) => each.name === name) ? `The package has a node '${name}'` : undefined
}

function listed(root: Folder, name: string, constant: string): Edit {
  const text = root.read(pipelineFile) ?? ''
  const line = `import { ${constant} } from ${quoted(`./${name}.ts`)}`
  const imported = withImport(text, line)
  return {
    file: pipelineFile,
    line: `${line}\n… nodes: [${constant}]`,
    text: imported === undefined ? undefined : withItem(imported, 'nodes', constant),
  }
}

/** Of the first asset that the package provides; the package's own name before there is a contract. */
function domainOf(root: Folder): string {
  const [first] = Object.keys((parsed(root, 'contract.json')['provides'] ?? {}) as object)
  const name = String(parsed(root, 'package.json')['name'] ?? 'main').replace(/^@[^/]*\//, '')
  return first?.split('.')[0] ?? assetPart(name.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-'))
}

const output = (asset: string): string => `const output = asset('${asset}', {
  description: 'One row per …',
  schema: z.object({ id: z.int() }),
  key: ['id'],
})
`

const sqlNode = (
  name: string,
  constant: string,
  asset: string,
): string => `import { asset, sqlNode } from '@levada/core'
import { z } from 'zod'

${output(asset)}
export const ${constant} = sqlNode('${name}', {
  inputs: {},
  output,
  sql: new URL(${quoted(`./${name}.sql`)}, import.meta.url),
})
`

const functionNode = (
  name: string,
  constant: string,
  asset: string,
): string => `import { asset, node } from '@levada/core'
import { z } from 'zod'

${output(asset)}
export const ${constant} = node('${name}', {
  inputs: {},
  outputs: { rows: output },
  async run(_, { outputs }) {
    await outputs.rows.write({ id: 1 })
  },
})
`

import type { Addition, Folder } from './addition.ts'
import { constName } from './names.ts'
import { parsed } from './parsed.ts'

/** The declaration of an asset of which there is no data yet. */
export function addAsset(asset: string): Addition {
  const [, table = ''] = asset.split('.')
  return {
    files: {
      [fileOf(asset)]: `import { asset } from '@levada/core'
import { z } from 'zod'

export const ${constName(table, 'Asset')} = asset('${asset}', {
  description: 'One row per …',
  schema: z.object({ id: z.int() }),
  key: ['id'],
})
`,
    },
    edits: [],
  }
}

const fileOf = (asset: string): string => `src/${asset.split('.')[1]!.replaceAll('_', '-')}.ts`

/** Why a package can have no declaration of an asset in a file of its own, if so: its contract has one from elsewhere. */
export function assetProblem(root: Folder, asset: string): string | undefined {
  const contract = parsed(root, 'contract.json')
  const known = ['provides', 'sources'].some((key) => Object.hasOwn((contract[key] ?? {}) as object, asset))
  return known && root.read(fileOf(asset)) === undefined ? `The package has '${asset}' already` : undefined
}

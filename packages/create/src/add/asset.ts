import type { Addition } from './addition.ts'
import { constName } from './names.ts'

/** The declaration of an asset of which there is no data yet. */
export function addAsset(asset: string): Addition {
  const [, table = ''] = asset.split('.')
  return {
    files: {
      [`src/${table.replaceAll('_', '-')}.ts`]: `import { asset } from '@levada/core'
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

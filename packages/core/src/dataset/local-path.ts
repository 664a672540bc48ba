import { resolve, sep } from 'node:path'
import { z } from 'zod'

/** What systems take. Below a folder, partitions and files have names of their own. */
const longest = { path: 3000, name: 255 }

/** The `path` of a dataset in the file system, as a configuration schema: one file or folder, not a pattern of them. */
export const localPath = (): z.ZodString =>
  // In one go: each check that is added to a schema makes another one, and takes time for each of very many assets.
  z.string().check(z.minLength(1), ({ value: path, issues }) => {
    // A character has three bytes at most.
    if (path.length * 3 <= longest.name && plain.test(path)) return
    for (const [isRight, message] of rules)
      if (!isRight(path)) issues.push({ code: 'custom', message, input: path })
  })

const rules: readonly (readonly [(path: string) => boolean, string])[] = [
  [(path) => !/[*?[\]]/.test(path), 'is one file or folder: *, ? and [ ] are not interpreted'],
  [(path) => Buffer.byteLength(path) <= longest.path, `is at most ${longest.path} bytes long`],
  [
    (path) => path.split(/[/\\]/).every((name) => Buffer.byteLength(name) <= longest.name),
    `has no name of more than ${longest.name} bytes`,
  ],
  [(path) => !/^[a-z][a-z0-9+.-]+:\/\//i.test(path), 'is a local path, not an address'],
]

/** Names alone, one below the other. */
const plain = /^[\w@~-][\w.@~-]*(?:\/[\w@~-][\w.@~-]*)*$/

let base: { readonly root: string; readonly absolute: string } | undefined

/** The `path` of a dataset from the folder that relative ones start from: absolute. It is asked for each asset of an app. */
export function absolutePath(root: string, path: string): string {
  if (base?.root !== root) base = { root, absolute: resolve(root) }
  const { absolute } = base
  return sep === '/' && absolute !== sep && plain.test(path) ? `${absolute}/${path}` : resolve(absolute, path)
}

import { z } from 'zod'

/** What systems take. Below a folder, partitions and files have names of their own. */
const longest = { path: 3000, name: 255 }

/** The `path` of a dataset in the file system, as a configuration schema: one file or folder, not a pattern of them. */
export const localPath = (): z.ZodString =>
  z
    .string()
    .min(1)
    .refine((path) => !/[*?[\]]/.test(path), 'is one file or folder: *, ? and [ ] are not interpreted')
    .refine((path) => Buffer.byteLength(path) <= longest.path, `is at most ${longest.path} bytes long`)
    .refine(
      (path) =>
        // A character has three bytes at most.
        path.length * 3 <= longest.name ||
        path.split(/[/\\]/).every((name) => Buffer.byteLength(name) <= longest.name),
      `has no name of more than ${longest.name} bytes`,
    )
    .refine((path) => !/^[a-z][a-z0-9+.-]+:\/\//i.test(path), 'is a local path, not an address')

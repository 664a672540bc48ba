import { z } from 'zod'

/** The `path` of a dataset in the file system, as a configuration schema: one file or folder, not a pattern of them. */
export const localPath = (): z.ZodString =>
  z
    .string()
    .min(1)
    .refine((path) => !/[*?[\]]/.test(path), 'is one file or folder: *, ? and [ ] are not interpreted')
    .refine((path) => !/^[a-z][a-z0-9+.-]+:\/\//i.test(path), 'is a local path, not an address')

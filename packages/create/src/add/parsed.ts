import type { Folder } from './addition.ts'

/** A JSON file; empty where there is none, or none that can be read. */
export function parsed(root: Folder, file: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(root.read(file) ?? '{}') ?? {}) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

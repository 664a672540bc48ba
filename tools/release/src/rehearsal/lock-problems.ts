import type { Client, Locked } from './clients.ts'

export interface ExpectedEntry {
  readonly version: string
  /** Of the packed tarball. */
  readonly integrity: string
}

/** Sentences about an entry of a lockfile that is not what was packed and published, or that does not say so. */
export function lockProblems(
  { name: client, says }: Pick<Client, 'name' | 'says'>,
  locked: Locked,
  expected: ExpectedEntry,
  registry: string,
): string[] {
  const { name, version, resolved, integrity } = locked
  const silent = says.filter((key) => locked[key] === undefined)
  return [
    ...silent.map((key) => `the lockfile of ${client} has no '${key}' of ${name}`),
    ...(version === expected.version ? [] : [`${client} took ${name}@${version}, not ${expected.version}`]),
    ...(integrity === undefined || integrity === expected.integrity
      ? []
      : [`${client} took ${name} with the integrity ${integrity}, not ${expected.integrity}`]),
    ...(resolved === undefined || resolved.startsWith(registry)
      ? []
      : [`${client} takes ${name} from ${resolved}`]),
  ]
}

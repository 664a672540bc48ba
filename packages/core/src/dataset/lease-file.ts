import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import type { Lease, LeaseAnswer, LeaseHolder, LeaseInUse } from './lease.ts'
import { onDisk, osCode } from './os.ts'

const leaseName = /^\d{8,}\.json$/

/** The types of file systems on which other machines write, as `statfs` numbers them. */
const networks: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x65735546, 'fuse'],
  [0x00c36400, 'ceph'],
  [0x5346414f, 'afs'],
  [0x0bd00bd0, 'lustre'],
  [0x47504653, 'gpfs'],
])

/** The network file system below a folder; undefined for a disk of this machine. */
const networkAt = (folder: string): string | undefined => networks.get(statfsSync(folder).type >>> 0)

interface Stored extends LeaseHolder {
  readonly token: string
}

/**
 * Takes the lease of an asset: `leases/00000042.json`, the highest number counts. Nothing is synced. Its holder adds a line for each
 * beat, so that others see that it lives whatever the clocks say.
 * @param over the token of a lease whose holder is gone
 * @param network injected by tests
 */
export function takeLease(
  root: string,
  holder: LeaseHolder,
  over: string | undefined,
  network: (folder: string) => string | undefined = networkAt,
): LeaseAnswer {
  const folder = `${root}/leases`
  const path = (number: number): string => `${folder}/${String(number).padStart(8, '0')}.json`
  const token = `${holder.runId} ${holder.pid} ${Math.random().toString(36).slice(2)}`
  const text = `${JSON.stringify({ token, ...holder } satisfies Stored)}\n`
  const temporary = `${folder}/.${holder.pid}-${Math.random().toString(36).slice(2)}.tmp`
  for (;;) {
    const numbers = numbersIn(folder)
    const [newest = 0] = numbers
    if (newest > 0) {
      const found = read(path(newest))
      if (!found) continue
      if (found.token !== over) return { inUse: { ...found, ...networkOf(network, folder) } }
    }
    mkdirSync(folder, { recursive: true })
    const number = newest + 1
    try {
      writeLease(folder, temporary, text)
      // Unlike rename(), it fails when the name is taken.
      linkSync(temporary, path(number))
    } catch (error) {
      if (osCode(error) !== 'EEXIST') throw error
      // A network file system may refuse a name that it has given us.
      if (read(path(number))?.token !== token) continue
    } finally {
      rmSync(temporary, { force: true })
    }
    for (const old of numbers) rmSync(path(old), { force: true })
    return { lease: leaseAt(folder, path(number), token) }
  }
}

function leaseAt(folder: string, path: string, token: string): Lease {
  const { ino } = statSync(path, { bigint: true })
  const isOwn = (): boolean => read(path)?.token === token
  return {
    async beat() {
      const file = openSync(path, constants.O_WRONLY | constants.O_APPEND)
      try {
        // The name may be somebody else's by now.
        if (fstatSync(file, { bigint: true }).ino === ino) writeSync(file, '\n')
      } finally {
        closeSync(file)
      }
    },
    lost: () =>
      onDisk(`Reading the leases in ${folder}`, async () => {
        const [newest] = numbersIn(folder)
        const highest = newest === undefined ? undefined : `${folder}/${String(newest).padStart(8, '0')}.json`
        if (highest === path && isOwn()) return undefined
        return { by: highest === undefined ? undefined : read(highest)?.holder }
      }),
    async release() {
      if (isOwn()) renameSync(path, `${folder}/${spare}`)
    },
  }
}

/** The lease that was released last: on a full disk the next one is written over it, so that `gc` can make room. */
const spare = '.spare'

function writeLease(folder: string, path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT'].includes(osCode(error) ?? '')) throw error
    try {
      renameSync(`${folder}/${spare}`, path)
    } catch {
      throw error
    }
    const file = openSync(path, 'r+')
    try {
      writeSync(file, text.padEnd(fstatSync(file).size, '\n'), 0)
    } finally {
      closeSync(file)
    }
  }
}

/** Newest first. */
function numbersIn(folder: string): readonly number[] {
  try {
    return readdirSync(folder)
      .flatMap((name) => (leaseName.test(name) ? parseInt(name, 10) : []))
      .toSorted((a, b) => b - a)
  } catch (error) {
    if (osCode(error) !== 'ENOENT') throw error
    return []
  }
}

/** Undefined when it was released meanwhile. */
function read(path: string): LeaseInUse | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    const pulse = String(text.length)
    try {
      const { token, ...holder } = JSON.parse(text) as Stored
      if (typeof token === 'string' && typeof holder.pid === 'number') return { token, holder, pulse }
    } catch {
      // Somebody has written something else there.
    }
    return { token: `unreadable ${path}`, holder: undefined, pulse }
  } catch (error) {
    if (osCode(error) !== 'ENOENT') throw error
    return undefined
  }
}

function networkOf(
  network: (folder: string) => string | undefined,
  folder: string,
): Pick<LeaseInUse, 'network'> {
  const found = network(folder)
  return found === undefined ? {} : { network: found }
}

import { spawnSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { execa } from 'execa'

/** Small disks, for a process that may mount. */
export interface Disk {
  /** Blocks of 4 KiB that are taken. */
  used(folder: string): number
  mount(folder: string): Promise<void>
  unmount(folder: string): Promise<void>
  /** Leaves so many blocks of 4 KiB. */
  leave(folder: string, blocks: number): Promise<void>
  /** Gives it back the room that it had. */
  free(folder: string): Promise<void>
}

const plenty = 16_384

/** In memory. */
export const memoryDisk: Disk = {
  used(folder) {
    const { blocks, bfree } = statfsSync(folder)
    return blocks - bfree
  },
  mount: async (folder) =>
    void (await execa('mount', ['-t', 'tmpfs', '-o', `nr_blocks=${plenty}`, 'levada-crash', folder])),
  unmount: async (folder) => void (await execa('umount', ['--lazy', folder], { reject: false })),
  async leave(folder, blocks) {
    await execa('mount', ['-o', `remount,nr_blocks=${memoryDisk.used(folder) + blocks}`, folder])
  },
  free: async (folder) => void (await execa('mount', ['-o', `remount,nr_blocks=${plenty}`, folder])),
}

/** The words before a command that let it mount without being root; undefined where the system has no such thing. */
export const mounting: readonly string[] | undefined =
  process.platform === 'linux' && spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0
    ? ['unshare', '--map-root-user', '--mount']
    : undefined

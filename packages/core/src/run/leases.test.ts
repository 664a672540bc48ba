import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { open } from '../../test/dataset/kit.ts'
import { isGone, newHolder, type LeaseHolder } from '../dataset/lease.ts'
import { LevadaError } from '../errors/index.ts'
import { holdLeases, waitForLeases, type HeldLeases, type LeaseOptions, type Waiting } from './leases.ts'

let root: string
const told: string[] = []
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'levada-leases-'))
  told.splice(0)
})
afterEach(() => rm(root, { recursive: true, force: true }))

const assets = (...names: readonly string[]) =>
  names.map((asset) => ({ asset, dataset: open(join(root, asset)) }))
const request = (runId: string, leases?: LeaseOptions) => ({
  app: 'shop',
  runId,
  report: (message: string) => void told.push(message),
  ...(leases && { leases }),
})
const hold = (runId: string, ...names: readonly string[]): Promise<HeldLeases> =>
  holdLeases(assets(...names), request(runId))
const wait = (waiting: Waiting, ...names: readonly string[]): Promise<void> =>
  waitForLeases(assets(...names), request('waiting', waiting.leases), waiting)

/** The lease of somebody on another machine. */
const elsewhere: LeaseHolder = {
  app: 'shop',
  runId: 'elsewhere',
  host: 'node7',
  pid: 4711,
  since: '2026-01-02T03:04:05.678Z',
  process: { boot: 'another', names: 'another', began: '1' },
}
async function foreign(asset: string, holder: Partial<LeaseHolder> | string = elsewhere): Promise<string> {
  const file = join(root, asset, 'leases', '00000001.json')
  await mkdir(join(root, asset, 'leases'), { recursive: true })
  await writeFile(file, typeof holder === 'string' ? holder : JSON.stringify({ token: 't', ...holder }))
  return file
}

describe('holdLeases', () => {
  test('holds all, or none: LEASED names who has it, and what it can do', async () => {
    const first = await hold('first', 'a', 'b')
    await expect(hold('second', 'c', 'b')).rejects.toMatchObject({
      code: 'LEASED',
      retryable: true,
      message: expect.stringMatching(
        new RegExp(
          `^'b' is being written by run first of the app 'shop' \\(process ${process.pid} on ${hostname()}, since 20`,
        ),
      ) as string,
      hint: expect.stringContaining('levada run --wait') as string,
      details: { asset: 'b', run: 'first', pid: process.pid },
    })
    await (await hold('third', 'c')).release()
    await first.release()
    await (await hold('second', 'c', 'b')).release()
    // What a full disk is helped with.
    expect(await readdir(join(root, 'b/leases'))).toEqual(['.spare'])
  })

  test('of a process that is gone is taken over at once, and told', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    const { pid } = child
    await once(child, 'exit')
    const { process: own } = newHolder('shop', 'x')
    await foreign('a', { ...elsewhere, host: hostname(), pid: pid!, ...(own && { process: own }) })
    const held = await hold('mine', 'a')
    await held.check('a')
    expect(told).toEqual([expect.stringContaining("'a' is taken over from run elsewhere")])
    await held.release()
  })

  test('of a run of this process that has ended, and could not give it back, is taken over at once', async () => {
    await foreign('a', newHolder('shop', 'ended'))
    const held = await hold('mine', 'a')
    expect(told).toEqual([expect.stringContaining("'a' is taken over from run ended")])
    await expect(hold('other', 'a')).rejects.toMatchObject({ code: 'LEASED' })
    await held.release()
  })

  test('that cannot be read, as after a loss of power, is taken over at once', async () => {
    for (const text of ['', '{"half', '\0\0\0']) {
      await foreign('a', text)
      await (await hold('mine', 'a')).release()
      expect(told.splice(0)).toEqual([
        "'a' is taken over from somebody whose lease cannot be read, which is gone.",
      ])
    }
  })

  test.runIf(process.platform === 'linux')(
    'a number that is another process by now counts as gone, one of another machine does not',
    () => {
      const own = newHolder('shop', 'x')
      expect(isGone(own)).toBe(false)
      expect(isGone({ ...own, process: { ...own.process!, began: '1' } })).toBe(true)
      expect(isGone({ ...own, process: { ...own.process!, names: 'another' } })).toBe(false)
      // This machine, before it was started again.
      expect(isGone({ ...own, process: { ...own.process!, boot: 'another' } })).toBe(true)
      expect(isGone({ ...own, host: 'node7', process: { ...own.process!, boot: 'another' } })).toBe(false)
    },
  )

  test('check() of one that was taken over is SUPERSEDED, and names who has it', async () => {
    const held = await hold('first', 'a')
    const [{ dataset }] = assets('a') as [ReturnType<typeof assets>[0]]
    const { inUse } = await dataset.lease!(elsewhere)
    await dataset.lease!(elsewhere, inUse!.token)
    await expect(held.check('a')).rejects.toMatchObject({
      code: 'SUPERSEDED',
      message: expect.stringContaining('It is held by run elsewhere') as string,
    })
    await held.release()
    expect(await readdir(join(root, 'a/leases'))).toEqual(['00000002.json'])
  })

  test('beats while it is held', async () => {
    const held = await holdLeases(assets('a'), request('first', { beatMs: 5 }))
    const pulse = async (): Promise<string> => (await assets('a')[0]!.dataset.lease!(elsewhere)).inUse!.pulse
    const before = await pulse()
    await expect.poll(pulse).not.toBe(before)
    await held.release()
  })
})

describe('waitForLeases', () => {
  test('waits until it is released, and tells once for whom', async () => {
    const held = await hold('first', 'a')
    const waited: string[] = []
    const waiting = wait(
      { leases: { ttlMs: 60_000 }, told: ({ message }) => void waited.push(message) },
      'b',
      'a',
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    await held.release()
    await waiting
    expect(waited).toEqual([expect.stringContaining("'a' is being written by run first")])
    await (await hold('second', 'a', 'b')).release()
  })

  test('no longer than it is told to, nor when it is stopped', async () => {
    await foreign('a')
    await expect(wait({ forMs: 1 }, 'a')).rejects.toMatchObject({ code: 'LEASED' })
    await expect(wait({ signal: AbortSignal.abort() }, 'a')).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test('takes over from one that is not heard, by no clock but its own', async () => {
    for (const since of ['1970-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z']) {
      await foreign('a', { ...elsewhere, since })
      await expect(wait({ forMs: 1, leases: { ttlMs: 60_000 } }, 'a')).rejects.toMatchObject({
        code: 'LEASED',
      })
      await wait({ leases: { ttlMs: 40 } }, 'a')
      expect(told.splice(0)).toEqual(["'a' is taken over: nothing was heard of who had it."])
    }
  })

  test('does not take over from one that is heard', async () => {
    const file = await foreign('a')
    const beating = setInterval(() => void writeFile(file, '\n', { flag: 'a' }), 10)
    await expect(wait({ forMs: 400, leases: { ttlMs: 200 } }, 'a')).rejects.toMatchObject({ code: 'LEASED' })
    clearInterval(beating)
  })

  test('on a network file system it waits longer, since others are heard late there, and says so', async () => {
    await foreign('a')
    const dataset = open(join(root, 'a'), { network: () => 'nfs' })
    const error = await holdLeases([{ asset: 'a', dataset }], request('mine')).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(LevadaError)
    expect((error as LevadaError).hint).toBe(
      'Wait for it: levada run --wait, which takes the asset over from one that has died and is not heard for 300 s, since it lies on a network file system (nfs), where others are heard late.',
    )
    // What is free costs no look at the file system.
    const looked = open(join(root, 'b'), {
      network: () => {
        throw new TypeError('nobody asked for that')
      },
    })
    await (await holdLeases([{ asset: 'b', dataset: looked }], request('mine'))).release()
  })
})

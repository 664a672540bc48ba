import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readTarball } from '../src/read-tarball.ts'
import { readSide } from '../src/index.ts'
import { column, provides } from './contracts.ts'
import { chunks, tar, tgz, type Entry } from './tar.ts'

const packageJson = { path: 'package/package.json', text: '{ "name": "@acme/orders", "version": "1.2.0" }' }
const contract = { path: 'package/contract.json', text: JSON.stringify(provides([column('id', 'int')])) }
const read = (data: Buffer, size?: number): ReturnType<typeof readTarball> =>
  readTarball(chunks(data, size), 'orders.tgz')

describe('readTarball', () => {
  test.each([1, 7, 511, 512, 513, 100_000])('reads what comes %i bytes at a time', async (size) => {
    const found = await read(
      tgz([
        packageJson,
        { path: 'package/dist/', type: '5' },
        { path: 'package/dist/index.js', text: 'x'.repeat(3000) },
        contract,
      ]),
      size,
    )
    expect(found).toEqual({
      packageJson: packageJson.text,
      contract: contract.text,
      files: ['package.json', 'dist/index.js', 'contract.json'],
    })
  })

  test('knows the long paths of pax and GNU, and folders of any name', async () => {
    const long = `package/${'deep/'.repeat(40)}x.js`
    const record = `path=${long}\n`
    const length = record.length + 4
    const found = await read(
      tgz([
        { path: 'PaxHeader', type: 'x', text: `${length} ${record}` },
        { path: 'cut', text: 'a' },
        { path: '././@LongLink', type: 'L', text: `${long}2\0` },
        { path: 'cut', text: 'b' },
        { path: 'orders-1.2.0/package.json', text: '{}' },
      ]),
    )
    expect(found.files).toEqual([long.slice(8), `${long.slice(8)}2`, 'package.json'])
    expect(found.packageJson).toBe('{}')
  })

  test.each<[string, readonly Entry[], RegExp]>([
    [
      'a path upwards',
      [{ path: 'package/../../x', text: 'x' }],
      /a path that leads outside: package\/\.\.\/\.\.\/x/,
    ],
    ['an absolute path', [{ path: '/etc/cron.d/x', text: 'x' }], /a path that leads outside/],
    ['a path of Windows', [{ path: 'C:\\x', text: 'x' }], /a path that leads outside/],
    ['a folder upwards', [{ path: '../x/', type: '5' }], /a path that leads outside/],
    ['a control character', [{ path: 'package/\u001b[2Jx' }], /a path that leads outside: package\/\?\[2Jx/],
    ['a symbolic link', [{ path: 'package/x', type: '2', link: '/etc/passwd' }], /holds a link: package\/x/],
    ['a hard link', [{ path: 'package/x', type: '1', link: 'package.json' }], /holds a link/],
    ['a device', [{ path: 'package/null', type: '3' }], /holds a device/],
    ['a pipe', [{ path: 'package/pipe', type: '6' }], /holds a pipe/],
    ['an unknown kind', [{ path: 'package/x', type: 'Z' }], /an entry of kind 'Z'/],
    ['two package.json', [packageJson, packageJson], /holds two package\.json/],
    [
      'two contracts by way of the first folder',
      [contract, { ...contract, path: 'other/contract.json' }],
      /holds two contract\.json/,
    ],
    [
      'two contracts by way of ./',
      [contract, { ...contract, path: 'package/./contract.json' }],
      /holds two contract\.json/,
    ],
    [
      'a contract in other letters',
      [{ ...contract, path: 'package/Contract.JSON' }],
      /Contract\.JSON instead of contract\.json/,
    ],
    [
      'a contract of 11 MB',
      [{ ...contract, text: Buffer.alloc(11 * 1024 * 1024, 32) }],
      /a contract\.json of more than 10 MB/,
    ],
    ['a size that is none', [{ path: 'package/x', size: 2 ** 31 }], /an entry of more than 512 MB/],
    [
      'a path for all',
      [{ path: 'h', type: 'g', text: '30 path=package/package.json\n\n' }],
      /one path for all/,
    ],
    ['more than its end', [packageJson, { path: '', type: '\0' }], /ends in the middle|a checksum/],
  ])('refuses %s', async (_, entries, message) => {
    await expect(read(gzipSync(tar(entries, false)))).rejects.toMatchObject({
      code: 'TARBALL_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test.each<[string, Buffer, RegExp]>([
    ['text', Buffer.from('<html>'), /is damaged, or no tarball/],
    ['nothing', Buffer.alloc(0), /is damaged, or no tarball|ends in the middle/],
    ['half of one', tgz([packageJson, contract]).subarray(0, 150), /is damaged, or no tarball/],
    ['an archive without its end', gzipSync(tar([packageJson], false)), /ends in the middle/],
    [
      'a wrong checksum',
      gzipSync(Buffer.concat([Buffer.alloc(512, 65), Buffer.alloc(1024)])),
      /a checksum is wrong/,
    ],
  ])('refuses %s', async (_, data, message) => {
    await expect(read(data)).rejects.toMatchObject({
      code: 'TARBALL_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test('stops unpacking a bomb long before its end', async () => {
    const bomb = gzipSync(
      tar([packageJson, { path: 'package/zeros', text: Buffer.alloc(400 * 1024 * 1024) }]),
    )
    expect(bomb.length).toBeLessThan(1024 * 1024)
    let given = 0
    async function* counted(): AsyncGenerator<Buffer> {
      for await (const part of chunks(bomb, 1000)) {
        given += part.length
        yield part
      }
    }
    await expect(readTarball(counted(), 'bomb.tgz')).rejects.toMatchObject({
      code: 'TARBALL_INVALID',
      message: expect.stringMatching(/unpacks to more than \d\d MB out of/),
    })
    expect(given).toBeLessThan(bomb.length / 5)
  })

  test('passes on why the bytes end', async () => {
    async function* cut(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(tgz([packageJson]).subarray(0, 20))
      throw new RangeError('the line is cut')
    }
    await expect(readTarball(cut(), 'x')).rejects.toThrow('the line is cut')
  })
})

describe('readSide of a tarball', () => {
  async function side(entries: readonly Entry[]): Promise<unknown> {
    const dir = mkdtempSync(join(tmpdir(), 'levada-tarball-'))
    try {
      writeFileSync(join(dir, 'orders.tgz'), tgz(entries))
      return await readSide('orders.tgz', { cwd: dir })
    } finally {
      expect(readdirSync(dir)).toEqual(['orders.tgz'])
      rmSync(dir, { recursive: true })
    }
  }

  test('is its contract, and who it says it is', async () => {
    expect(await side([packageJson, contract])).toMatchObject({
      kind: 'tarball',
      label: 'orders.tgz',
      package: { name: '@acme/orders', version: '1.2.0' },
      contract: { name: 'shop' },
    })
  })

  test.each<[string, readonly Entry[], string]>([
    ['no contract', [packageJson], 'CONTRACT_MISSING'],
    ['no package.json', [contract], 'TARBALL_INVALID'],
    [
      'a package.json without a version',
      [{ ...packageJson, text: '{ "name": "x" }' }, contract],
      'TARBALL_INVALID',
    ],
    ['a contract that is none', [packageJson, { ...contract, text: '{}' }], 'CONTRACT_INVALID'],
  ])('refuses %s', async (_, entries, code) => {
    await expect(side(entries)).rejects.toMatchObject({ code })
  })
})

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, expect, test } from 'vitest'
import { openUnnamed } from './printed.ts'

const folder = mkdtempSync(join(tmpdir(), 'levada-printed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Prints `script`, and reads it with a pause after each chunk. */
async function readBack(script: string, pauseMs = 0): Promise<{ text: string; chunks: number }> {
  const printed = await openUnnamed(folder)
  const child = execa('/bin/sh', ['-c', script], { stdio: ['ignore', printed.descriptor as 3, 'ignore'] })
  let text = ''
  let chunks = 0
  for await (const chunk of printed.read(child)) {
    text += Buffer.from(chunk).toString()
    chunks++
    await setTimeout(pauseMs)
  }
  return { text, chunks }
}

test('what is printed is read while it is printed, to its last byte, and leaves no file', async () => {
  const { text, chunks } = await readBack('echo one; sleep 0.3; echo two; sleep 0.3; printf three')
  expect(text).toBe('one\ntwo\nthree')
  expect(chunks).toBeGreaterThan(1)
  expect(readdirSync(folder)).toEqual([])
})

test('a reader that is slow misses nothing', async () => {
  const { text } = await readBack('i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i + 1)); done', 30)
  expect(text).toBe(Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(''))
})

// Two processes race for an asset, are paused at random, and a reader looks at each version that it comes across.
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { contents, open } from './kit.ts'

export interface Raced {
  /** How often each outcome was told. */
  readonly told: Readonly<Record<string, number>>
  /** Versions that the reader saw. */
  readonly seen: number
  /** What must not be. */
  readonly wrong: readonly string[]
}

export async function race(rounds: number): Promise<Raced> {
  const root = await mkdtemp(join(tmpdir(), 'levada-race-'))
  const children = ['one', 'two'].map((runId) =>
    spawn(
      process.execPath,
      ['--conditions=@levada/source', join(import.meta.dirname, 'race-run.ts'), root, `${rounds}`, runId],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    ),
  )
  const outputs = Promise.all(children.map((child) => text(child.stdout)))
  const going = (): boolean => children.some(({ exitCode }) => exitCode === null)
  const seen = new Set<string>()
  const wrong: string[] = []
  const pausing = async (): Promise<void> => {
    while (going()) {
      const child = children[Math.floor(Math.random() * children.length)]!
      await sleep(Math.random() * 200)
      child.kill('SIGSTOP')
      await sleep(Math.random() * 150)
      child.kill('SIGCONT')
    }
  }
  const reading = async (): Promise<void> => {
    while (going()) {
      const head = await open(root).head()
      const rows = head && (await contents(await open(root).locate(head)))
      if (
        head &&
        !seen.has(head.id) &&
        JSON.stringify(rows) !== JSON.stringify({ 'day=1': head.id, 'day=2': head.id })
      )
        wrong.push(`version ${head.number} (${head.id}) was read as ${JSON.stringify(rows)}`)
      if (head) seen.add(head.id)
      await sleep(1)
    }
  }
  try {
    await Promise.all([pausing(), reading()])
    const lines = (await outputs).flatMap((output) => output.trim().split('\n'))
    const kept = lines.flatMap((line) => (line.startsWith('kept ') ? [line.slice(5)] : []))
    const names = (await readdir(join(root, 'manifests'))).filter((name) => name.endsWith('.json'))
    const stored = await Promise.all(
      names.map(
        async (name) =>
          (JSON.parse(await readFile(join(root, 'manifests', name), 'utf8')) as { id: string }).id,
      ),
    )
    for (const id of kept) if (!stored.includes(id)) wrong.push(`${id} was published, and is lost`)
    for (const id of stored) if (!kept.includes(id)) wrong.push(`${id} is there, and nobody published it`)
    for (const id of seen) if (!stored.includes(id)) wrong.push(`${id} was read, and is no version`)
    const told: Record<string, number> = {}
    for (const line of lines) told[line.split(' ')[0]!] = (told[line.split(' ')[0]!] ?? 0) + 1
    return { told, seen: seen.size, wrong }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

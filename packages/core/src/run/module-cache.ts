import { sha256 } from '../dataset/sha256.ts'
import { keptFile } from './kept.ts'
import { ownVersion } from './own-version.ts'

/** What the fingerprint of a package needs of one of its modules. */
export interface ModuleFacts {
  /** Changes with what the module says. */
  readonly code: string
  readonly imports: readonly string[]
  readonly files: readonly string[]
  /** Whether it may load more than what it names. */
  readonly untold: boolean
}

/** Facts by the text of modules: what reads them takes longer to load than a small plan takes. */
export interface ModuleCache {
  of(text: string, extension: string, read: () => Promise<ModuleFacts>): Promise<ModuleFacts>
  /** Keeps what was asked for, and what others did. */
  save(): void
}

/** Changes with what the facts mean. */
const format = 1
/** Modules that were asked for last, whatever they are of. */
const most = 2000

export function openModuleCache(appDir: string): ModuleCache {
  const file = keptFile(appDir, 'modules.json', format)
  const before = file.read()
  const now: Record<string, ModuleFacts> = {}
  let isNew = false
  return {
    async of(text, extension, read) {
      const key = sha256(JSON.stringify([ownVersion(), process.version, extension, text]))
      const kept = now[key] ?? before[key]
      if (isFacts(kept)) return (now[key] = kept)
      isNew = true
      return (now[key] = await read())
    },
    save() {
      if (!isNew) return
      isNew = false
      const others = Object.entries(file.read()).filter(([key]) => !now[key])
      file.write(Object.fromEntries([...others, ...Object.entries(now)].slice(-most)))
    },
  }
}

const areTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

function isFacts(kept: unknown): kept is ModuleFacts {
  const { code, imports, files, untold } = Object(kept) as Partial<ModuleFacts>
  return typeof code === 'string' && areTexts(imports) && areTexts(files) && typeof untold === 'boolean'
}

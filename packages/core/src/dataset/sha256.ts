import { sha256 as hash } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** SHA-256 of the parts in a row, in hex. Not by `node:crypto`, which takes longer to load than a run has to hash. */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const state = hash.create()
  for (const part of parts) state.update(typeof part === 'string' ? utf8ToBytes(part) : part)
  return bytesToHex(state.digest())
}

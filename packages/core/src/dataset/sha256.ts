import type Crypto from 'node:crypto'
import { sha256 as hash } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** `node:crypto` takes longer to load than a small run has to hash. */
const few = 50
let count = 0
let native: Pick<typeof Crypto, 'createHash' | 'hash'> | undefined

/** SHA-256 of the parts in a row, in hex. */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  if (++count === few) native = process.getBuiltinModule('node:crypto')
  if (native && parts.length === 1) return native.hash('sha256', parts[0]!)
  if (native) {
    const state = native.createHash('sha256')
    for (const part of parts) state.update(part)
    return state.digest('hex')
  }
  const state = hash.create()
  for (const part of parts) state.update(typeof part === 'string' ? utf8ToBytes(part) : part)
  return bytesToHex(state.digest())
}

import { gzipSync } from 'node:zlib'

export interface Entry {
  readonly path: string
  readonly text?: string | Buffer
  /** Type flag of tar: '0' a file, '2' a link, '3' a device, '5' a folder, 'x' a pax header. */
  readonly type?: string
  readonly size?: number
  readonly link?: string
}

/** A tar archive as the format has it, also what no tool would pack. */
export function tar(entries: readonly Entry[], end = true): Buffer {
  const parts = entries.flatMap(({ path, text = '', type = '0', link = '', size }) => {
    const data = Buffer.from(text)
    const head = Buffer.alloc(512)
    head.write(path, 0, 100)
    head.write('0000644\0', 100)
    head.write(`${(size ?? data.length).toString(8).padStart(11, '0')}\0`, 124)
    head.write(type, 156)
    head.write(link, 157, 100)
    head.write('ustar\u000000', 257)
    head.fill(' ', 148, 156)
    const sum = head.reduce((all, byte) => all + byte, 0)
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return [head, data, Buffer.alloc((512 - (data.length % 512)) % 512)]
  })
  return Buffer.concat([...parts, Buffer.alloc(end ? 1024 : 0)])
}

export const tgz = (entries: readonly Entry[]): Buffer => gzipSync(tar(entries))

/** Bytes as a network gives them. */
export async function* chunks(data: Buffer, size = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += size) yield await Promise.resolve(data.subarray(at, at + size))
}

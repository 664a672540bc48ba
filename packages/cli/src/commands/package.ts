import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { packPackage } from '@levada/contract'
import { printJson } from '../app.ts'
import { paint, plural } from '../style.ts'

interface PackageOptions {
  readonly out?: string | undefined
  readonly json?: boolean | undefined
}

export async function packagePipeline(folder: string | undefined, options: PackageOptions): Promise<number> {
  const dir = folder === undefined ? nearest(process.cwd()) : resolve(folder)
  const out = resolve(options.out ?? dir)
  mkdirSync(out, { recursive: true })
  const { tarball, name, version, generated, files } = await packPackage(dir, { out })
  if (options.json) printJson({ name, version, tarball, files, generated: generated.map(({ file }) => file) })
  else {
    const cwd = process.cwd()
    for (const { file } of generated)
      console.log(`${paint('green', 'written')}   ${relative(cwd, file)}: commit it`)
    console.log(
      `${paint('green', 'packed')}    ${relative(cwd, tarball)}: ${name} ${version}, ${plural(files.length, 'file')}; its contract is that of the built code`,
    )
  }
  return 0
}

/** The folder of the package around; the folder itself when there is none, which is then told. */
function nearest(start: string): string {
  for (let dir = start; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json'))) return dir
    if (dir === dirname(dir)) return start
  }
}

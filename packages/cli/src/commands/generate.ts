import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import {
  errorRecord,
  generatedFiles,
  isPipelinePackage,
  LevadaError,
  pipelinePackages,
  staleError,
  writeGenerated,
} from '@levada/core/run'
import { printJson, type AppOptions } from '../app.ts'
import { errorText } from '../errors.ts'
import { paint } from '../style.ts'

interface GenerateOptions extends AppOptions {
  readonly check?: boolean | undefined
}

export async function generate(folders: readonly string[], options: GenerateOptions): Promise<number> {
  const cwd = process.cwd()
  const dirs =
    folders.length > 0
      ? folders.map((folder) => packageAt(resolve(folder)))
      : packagesAround(options.app === undefined ? cwd : resolve(options.app))
  if (dirs.length === 0 && !options.json)
    console.log(
      'The app composes no pipeline packages of this workspace (a package.json and src/pipeline.ts).',
    )
  const files = []
  for (const dir of dirs) files.push(...(await generatedFiles(dir)))
  const stale = files.filter((file) => file.stale)
  if (!options.check) writeGenerated(files)
  const errors = options.check ? stale.map((file) => staleError(file, cwd)) : []
  if (options.json)
    printJson({
      packages: dirs,
      files: files.map(({ file, stale: was }) => ({ file, stale: was })),
      errors: errors.map(errorRecord),
    })
  else {
    for (const error of errors) console.error(`${errorText(error)}\n`)
    for (const { file, stale: was } of files) {
      const word = !was ? 'unchanged' : options.check ? paint('red', 'stale') : paint('green', 'written')
      console.log(`${word.padEnd(9)} ${relative(cwd, file)}`)
    }
  }
  return errors.length > 0 ? 1 : 0
}

function packageAt(dir: string): string {
  if (isPipelinePackage(dir)) return dir
  throw new LevadaError(
    'PACKAGE_NOT_FOUND',
    `${relative(process.cwd(), dir) || dir} is no pipeline package: it has no src/pipeline.ts beside a package.json.`,
  )
}

/** The package around a folder, or all workspace packages that the app around it composes. */
function packagesAround(start: string): readonly string[] {
  for (let dir = start; ; dir = dirname(dir)) {
    if (isPipelinePackage(dir)) return [dir]
    if (existsSync(join(dir, 'levada.config.ts')))
      return pipelinePackages(dir).flatMap(({ dir: found, source }) => (source ? [found] : []))
    if (dir === dirname(dir))
      throw new LevadaError(
        'PACKAGE_NOT_FOUND',
        `There is no pipeline package and no app in ${start} or a folder above.`,
      )
  }
}

import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import {
  appPorts,
  errorRecord,
  generatedFiles,
  isPipelinePackage,
  LevadaError,
  loadApp,
  pipelinePackages,
  staleError,
  writeGenerated,
  type GeneratedFile,
} from '@levada/core/run'
import { printJson, type AppOptions } from '../app.ts'
import { errorText } from '../errors.ts'
import { paint } from '../style.ts'

interface GenerateOptions extends AppOptions {
  readonly check?: boolean | undefined
}

export async function generate(folders: readonly string[], options: GenerateOptions): Promise<number> {
  const cwd = process.cwd()
  const { dirs, app } =
    folders.length > 0
      ? { dirs: folders.map((folder) => packageAt(resolve(folder))), app: undefined }
      : packagesAround(options.app === undefined ? cwd : resolve(options.app))
  const files: GeneratedFile[] = []
  for (const dir of dirs) files.push(...(await generatedFiles(dir)))
  if (app !== undefined) files.push(...appPorts(await loadApp(app), app))
  if (files.length === 0 && !options.json)
    console.log(
      'The app composes no pipeline packages of this workspace (a package.json and src/pipeline.ts), and none under other names.',
    )
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

/** The package around a folder, or the app around it with all workspace packages that it composes. */
function packagesAround(start: string): {
  readonly dirs: readonly string[]
  readonly app: string | undefined
} {
  for (let dir = start; ; dir = dirname(dir)) {
    if (isPipelinePackage(dir)) return { dirs: [dir], app: undefined }
    if (existsSync(join(dir, 'levada.config.ts')))
      return {
        dirs: pipelinePackages(dir).flatMap(({ dir: found, source }) => (source ? [found] : [])),
        app: dir,
      }
    if (dir === dirname(dir))
      throw new LevadaError(
        'PACKAGE_NOT_FOUND',
        `There is no pipeline package and no app in ${start} or a folder above.`,
      )
  }
}

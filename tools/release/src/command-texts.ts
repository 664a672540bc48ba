// What bin/levada.mjs reads instead of loading code, for the command in the working directory once it is bundled.
import { execFileSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const main = pathToFileURL('dist/main.js').href
const help = `const { main } = await import('${main}'); process.exitCode = await main(['--help'])`
writeFileSync(
  'dist/help.txt',
  execFileSync(process.execPath, ['--input-type=module', '--eval', help], {
    env: { ...process.env, NO_COLOR: '1' },
  }),
)
// By these the command knows the zod that it has in one file: another version has others, and mostly a patched one too.
const files = [
  'package.json',
  'v4/core/schemas.js',
  'v4/core/checks.js',
  'v4/core/parse.js',
  'v4/classic/schemas.js',
]
writeFileSync(
  'dist/zod.json',
  JSON.stringify(
    Object.fromEntries(files.map((file) => [file, statSync(join('node_modules/zod', file)).size])),
  ),
)

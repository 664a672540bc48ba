// What bin/levada.mjs reads instead of loading code, for the command in the working directory once it is bundled.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const main = pathToFileURL('dist/main.js').href
const help = `const { main } = await import('${main}'); process.exitCode = await main(['--help'])`
writeFileSync(
  'dist/help.txt',
  execFileSync(process.execPath, ['--input-type=module', '--eval', help], {
    env: { ...process.env, NO_COLOR: '1' },
  }),
)

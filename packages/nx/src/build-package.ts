// The `build` target: compiles the package in the working directory and puts its SQL beside the JavaScript.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { copySql } from './copy-sql.ts'
import { isIncomplete, removeStale } from './outputs.ts'

// Deleted outputs go unnoticed by `tsc -b` while its build info says that nothing has changed.
if (isIncomplete('src', 'dist')) rmSync('dist/.tsbuildinfo', { force: true })
const { status } = spawnSync('tsc', ['-b', 'tsconfig.json'], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

removeStale('src', 'dist')
const { missing } = copySql('src', 'dist')
for (const { file, sql } of missing) console.error(`${file}: refers to '${sql}', which does not exist`)
if (missing.length > 0) process.exit(1)

// Part of the `build` target: puts the template beside the JavaScript, with the versions of this release.
import { writeFileSync } from 'node:fs'
import { collectTemplate } from './collect-template.ts'

const create = new URL('..', import.meta.url)
writeFileSync(new URL('dist/template.json', create), `${JSON.stringify(collectTemplate(create), null, 1)}\n`)

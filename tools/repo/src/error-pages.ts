// npm run generate: writes docs/errors from the table of codes and their examples.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codes, type ErrorCode } from '@levada/core'
import { exampleOf } from '@levada/core/run'

export const errorsFolder: string = join(import.meta.dirname, '../../../docs/errors')

const languages: Readonly<Record<string, string>> = {
  ts: 'ts',
  sql: 'sql',
  yml: 'yaml',
  json: 'json',
  csv: 'csv',
}
const fence = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``

async function page(code: ErrorCode): Promise<string> {
  const { cause, remedy } = codes[code]
  const { file, wrote, run, printed } = await exampleOf(code)
  const language = languages[file?.split('.').at(-1) ?? ''] ?? ''
  return (
    [
      `# ${code}`,
      cause,
      `**What to do:** ${remedy}`,
      '## Example',
      ...(file === undefined ? [] : [`\`${file}\`:`, fence(language, wrote ?? '')]),
      fence('text', `$ levada ${run}\n${printed}`),
    ].join('\n\n') + '\n'
  )
}

/** Every page of docs/errors by its name. */
export async function errorPages(): Promise<Readonly<Record<string, string>>> {
  const names = Object.keys(codes).toSorted() as ErrorCode[]
  const pages: Record<string, string> = {
    'README.md': `# Errors

Every error has a code that does not change. \`levada explain <CODE>\` prints what stands here. The pages are made by \`npm run generate\`.

${names.map((code) => `- [${code}](${code}.md): ${codes[code].cause}`).join('\n')}
`,
  }
  for (const code of names) pages[`${code}.md`] = await page(code)
  return pages
}

if (import.meta.main) {
  rmSync(errorsFolder, { recursive: true, force: true })
  mkdirSync(errorsFolder, { recursive: true })
  for (const [name, text] of Object.entries(await errorPages())) writeFileSync(join(errorsFolder, name), text)
}

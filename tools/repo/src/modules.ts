import { parseSync, Visitor } from 'oxc-parser'
import type { Statement } from 'oxc-parser'

/** One reference from a module to another. */
export interface Import {
  readonly specifier: string
  /** Erased when compiled. */
  readonly typeOnly: boolean
}

/** Everything that a module imports or re-exports, `import()` and `import('…').Type` included. */
export function importsOf(file: string, text: string): Import[] {
  const { module, program, errors } = parseSync(file, text)
  if (errors[0]) throw new SyntaxError(`${file}: ${errors[0].message}`)
  const imports: Import[] = module.staticImports.map(({ moduleRequest, start, end }) => ({
    specifier: moduleRequest.value,
    typeOnly: /^import\s+type\b/.test(text.slice(start, end)),
  }))
  for (const { entries, start, end } of module.staticExports)
    for (const { moduleRequest } of entries)
      if (moduleRequest)
        imports.push({
          specifier: moduleRequest.value,
          typeOnly: /^export\s+type\b/.test(text.slice(start, end)),
        })
  for (const { moduleRequest } of module.dynamicImports) {
    const [, specifier] = /^['"`](.*)['"`]$/.exec(text.slice(moduleRequest.start, moduleRequest.end)) ?? []
    if (specifier) imports.push({ specifier, typeOnly: false })
  }
  new Visitor({
    TSImportType: ({ source }) => void imports.push({ specifier: source.value, typeOnly: true }),
  }).visit(program)
  return imports
}

/** Statements of an entry file that are not `export { a, b } from './c.ts'`, as line numbers. */
export function implementationLines(file: string, text: string): number[] {
  return parseSync(file, text)
    .program.body.filter((statement) => !listsNames(statement))
    .map(({ start }) => text.slice(0, start).split('\n').length)
}

function listsNames(statement: Statement): boolean {
  if (statement.type === 'ExportNamedDeclaration') return statement.source !== null
  // The generated file of a pipeline, whose names follow from its assets.
  return (
    statement.type === 'ExportAllDeclaration' &&
    statement.exportKind === 'type' &&
    statement.source.value === './ports.ts'
  )
}

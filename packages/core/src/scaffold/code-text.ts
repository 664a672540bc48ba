import { quote, type Column, type ColumnType, type Field } from '../schema/index.ts'

/** A key of an object literal; `__proto__` written plainly would be no key. */
export function keyText(name: string): string {
  if (name === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name)
}

/** A column in a schema: `col.date().nullable()`. */
export function zodText({
  type,
  nullable,
  optional,
  unit,
}: Field & Pick<Column, 'optional' | 'unit'>): string {
  const said = unit === undefined ? '' : `.meta({ unit: ${quote(unit)} })`
  return `${typeText(type)}${said}${nullable ? '.nullable()' : ''}${optional ? '.optional()' : ''}`
}

function typeText(type: ColumnType): string {
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'bigint':
    case 'string':
      return `z.${type.kind}()`
    case 'float':
      return 'z.number()'
    case 'decimal':
      return `col.decimal(${type.precision}, ${type.scale})`
    case 'enum':
      return `${type.open ? 'col.openEnum' : 'z.enum'}([${type.values.map(quote).join(', ')}])`
    case 'list':
      return `z.array(${zodText(type.item)})`
    case 'struct':
      return `z.object({ ${type.fields.map((field) => `${keyText(field.name)}: ${zodText(field)}`).join(', ')} })`
    default:
      return `col.${type.kind}()`
  }
}

/** The import of what a text uses. */
export function coreImport(text: string, names: readonly string[]): string {
  const used = names.filter((name) => new RegExp(`\\b${name}[.(]`).test(text))
  return `import { ${used.join(', ')} } from '@levada/core'\nimport { z } from 'zod'\n`
}

const reserved = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
)

/** `raw_flights` as the name of a constant. */
export function constName(table: string): string {
  const name = table.replaceAll(/_+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '')
  // Imported beside it.
  return reserved.has(name) || ['z', 'col', 'asset', 'source', 'expects'].includes(name)
    ? `${name}Asset`
    : name
}

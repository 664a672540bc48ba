export { col } from './col.ts'
export {
  showColumn,
  showDeprecation,
  showField,
  showType,
  withArticle,
  type Column,
  type ColumnType,
  type Deprecation,
  type Field,
  type JsonValue,
  type SimpleKind,
} from './column.ts'
export { defaultValue } from './default-value.ts'
export { limitsOf, type Limits } from './limits.ts'
export { columnsOf, paramField, readColumnsOf, type AnySchema } from './from-zod.ts'
export { deprecationOf } from './metadata.ts'
export { rowJsonSchema, type JsonSchema } from './json-schema.ts'
export { columnTypeFor, fit, showSqlType, type Fit, type SqlType } from './sql-type.ts'
export {
  deprecatedTag,
  inComment,
  propertyName,
  quote,
  typescriptFields,
  typescriptType,
} from './typescript.ts'
export { isValue, valueProblem } from './value.ts'

export { col } from './col.ts'
export {
  showField,
  showType,
  type Column,
  type ColumnType,
  type Field,
  type JsonValue,
  type SimpleKind,
} from './column.ts'
export { columnsOf, paramField, type AnySchema } from './from-zod.ts'
export { rowJsonSchema, type JsonSchema } from './json-schema.ts'
export { columnTypeFor, fit, showSqlType, type Fit, type SqlType } from './sql-type.ts'
export { inComment, propertyName, quote, typescriptFields, typescriptType } from './typescript.ts'
export { isValue, valueProblem } from './value.ts'

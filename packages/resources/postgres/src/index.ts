export { postgres, type PostgresConfig } from './plugin.ts'
export { postgresServer, type PostgresServer, type Rows, type Run } from './server.ts'
export { quoteName, quoteText } from './sql/quote.ts'
export { absentSql, columnSql } from './sql/types.ts'

export { postgresTables } from './postgres.ts'

export { defineApp, type App, type Job } from './app.ts'
export type { AppRows } from './check.ts'
export { external, type External } from './external.ts'

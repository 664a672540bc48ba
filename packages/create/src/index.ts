export type { Files } from './template.ts'
export { workspaceFiles } from './workspace.ts'
export type { WorkspaceOptions } from './workspace.ts'

export { createDependencies, createNodes, name } from './plugin.ts'
export { inferTargets } from './targets.ts'
export type { LevadaNxOptions, ProjectFacts } from './targets.ts'

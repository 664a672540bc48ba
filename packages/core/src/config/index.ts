export { loadConfig, type Config, type LoadOptions, type ResolveOptions } from './config.ts'
export { environmentOf, environmentSchema, type Environment, type MemoryLimit } from './environment.ts'
export { type Explanation } from './explain.ts'
export { type ConfigFile } from './files.ts'
export { jobSchema, jobsOf, type JobSettings } from './jobs.ts'
export { checkEnvironment, environments } from './layers.ts'
export {
  toPlain,
  type ConfigNode,
  type ListNode,
  type MapEntry,
  type MapNode,
  type Origin,
  type ScalarNode,
} from './node.ts'
export { matchEntry, matchPattern, substitute, type Bindings, type MatchedEntry } from './patterns.ts'
export { marks, type AlikeReader } from './alike.ts'
export { type Redact } from './redact.ts'
export { durationMs, retentionSchema, type RetentionWords } from './retention.ts'
export { holdsSecret, secret } from './secret.ts'
export { type Schema } from './schema-walk.ts'
export { timeSpanMs } from './time-span.ts'

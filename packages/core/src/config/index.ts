export { loadConfig, type Config, type LoadOptions, type ResolveOptions } from './config.ts'
export { type Explanation } from './explain.ts'
export { configFiles, isConfigFile, type ConfigFile } from './files.ts'
export { environments } from './layers.ts'
export {
  toPlain,
  type ConfigNode,
  type ListNode,
  type MapEntry,
  type MapNode,
  type Origin,
  type Scalar,
  type ScalarNode,
} from './node.ts'
export {
  bestMatches,
  matchEntry,
  matchPattern,
  substitute,
  type Bindings,
  type MatchedEntry,
  type PatternMatch,
} from './patterns.ts'
export { readNode, type ReadResult } from './read.ts'
export { createRedactor, type Redactor } from './redact.ts'
export { isSecret, secret } from './secret.ts'
export { type Schema } from './schema-walk.ts'

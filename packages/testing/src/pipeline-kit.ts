export { diffRows, expectRows, type CompareOptions, type RowsDiff } from './pipeline/compare.ts'
export { testEngine } from './pipeline/engine.ts'
export { fake, fakeRows, type Fake, type FakeOptions } from './pipeline/fake-rows.ts'
export { runNode, runPipeline } from './pipeline/run.ts'
export type {
  AssetRows,
  Call,
  Given,
  InputRows,
  NodeOptions,
  PipelineOptions,
  RunSettings,
  TestRun,
} from './pipeline/types.ts'

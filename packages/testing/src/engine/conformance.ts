import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '@levada/core/spi'
import { runCases, type Case, type OptOuts, type Runner } from '../runner.ts'
import { bindingCases } from './binding.ts'
import { cancellingCases } from './cancelling.ts'
import { openEngineLab, type EngineLab, type MakeTable } from './lab.ts'
import { queryingCases } from './querying.ts'
import { scanningCases } from './scanning.ts'
import { writingCases } from './writing.ts'

export interface EngineSuite {
  readonly name: string
  /** The suite opens sessions of it; closing it is up to who made it. */
  readonly engine: Engine
  /** Makes new tables, for an engine that scans and writes some. */
  readonly table?: MakeTable
  /** By the title of the case. */
  readonly optOut?: OptOuts
}

/**
 * Tests whether an engine keeps the contract: binding with places, values of every type, files in each format that it can
 * write, cancellation.
 * @example
 * engineConformance({ describe, test, expect }, { name: 'duckdb', engine })
 */
export function engineConformance(runner: Runner, { name, engine, table, optOut }: EngineSuite): void {
  const { capabilities } = engine
  const cases = [
    ...bindingCases(capabilities),
    ...(engine.openBinder ? bindingCases(capabilities).map(byBinder) : []),
    ...queryingCases,
    ...scanningCases,
    ...writingCases(engine, table !== undefined),
    ...cancellingCases(capabilities),
  ]
  runCases(runner, { name, cases, optOut }, async (work) => {
    const root = await mkdtemp(join(tmpdir(), 'levada-engine-'))
    try {
      await using session = await engine.open()
      await work(openEngineLab(engine, session, root, runner.expect, table))
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })
}

/** The same case with a binder in place of the session. */
const byBinder = ({ title, run }: Case<EngineLab>): Case<EngineLab> => ({
  title: `openBinder(): ${title}`,
  async run(lab) {
    await using binder = await lab.engine.openBinder!()
    await run({ ...lab, session: { ...lab.session, bind: (query) => binder.bind(query) } })
  },
})

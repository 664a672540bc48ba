import type { Engine, EngineSession } from '../engine/index.ts'

/** A session that is opened when it is first asked for something: a node that only acts needs none. */
export function lateSession(engine: Engine): EngineSession {
  let opening: Promise<EngineSession> | undefined
  const open = (): Promise<EngineSession> => (opening ??= engine.open())
  return {
    describe: async (location) => (await open()).describe(location),
    bind: async (query) => (await open()).bind(query),
    read: async (relation, columns, options) => (await open()).read(relation, columns, options),
    write: async (query, columns, target, options) => (await open()).write(query, columns, target, options),
    writer: async (columns, target, options) => (await open()).writer(columns, target, options),
    tableNames: async (sql) => (await open()).tableNames(sql),
    async [Symbol.asyncDispose]() {
      // That it could not be opened was told to whoever asked.
      const session = await opening?.catch(() => undefined)
      await session?.[Symbol.asyncDispose]()
    },
  }
}

import type { Engine, EngineContext, Location } from '@levada/core/spi'
import { dialect } from './dialect.ts'
import type { PostgresConfig } from './plugin.ts'
import { openServer } from './open-server.ts'
import { setServer } from './server.ts'
import { openSession } from './session.ts'

export async function createEngine(config: PostgresConfig, context: EngineContext): Promise<Engine> {
  const server = await openServer(config, context)
  const canScan = (location: Location): boolean =>
    location.kind === 'table' || location.kind === 'query'
      ? location.system === server.system
      : location.kind === 'union' && location.parts.every(canScan)
  return setServer(
    {
      name: context.name,
      dialect,
      capabilities: { cancellable: true, bindsWithoutData: true },
      canScan,
      canWrite: (target) =>
        (target.kind === 'table' || target.kind === 'query') && target.system === server.system,
      countsFromMetadata: () => false,
      open: async () => openSession(server),
      close: () => server.close(),
    },
    server,
  )
}

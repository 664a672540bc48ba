import { environments, loadApp, openApp, toLevadaErrors } from '@levada/core/run'
import type { Published } from '@levada/run-store'
import { paint } from '../style.ts'

/** All versions that are kept of an app's assets, in each of its environments. What cannot be looked at is told. */
export async function publishedOf(appDir: string): Promise<readonly Published[]> {
  const found: Published[] = []
  const tell = (what: string, error: unknown): void =>
    console.error(`${paint('yellow', '!')} ${what} is not looked at: ${toLevadaErrors(error)[0]!.message}`)
  let app: Awaited<ReturnType<typeof loadApp>>
  try {
    app = await loadApp(appDir)
  } catch (error) {
    tell('What is stored', error)
    return found
  }
  for (const env of environments(appDir)) {
    try {
      await using session = await openApp(app, { appDir, env })
      for (const { role, name } of session.graph.assets.values()) {
        if (role !== 'asset') continue
        try {
          const { dataset } = session.catalog.entry(name)
          const head = dataset.versions ? undefined : await dataset.head()
          const versions = (await dataset.versions?.())?.versions ?? (head ? [head] : [])
          for (const version of versions)
            if (version.app === app.name) found.push({ env, asset: name, address: dataset.address, version })
        } catch (error) {
          tell(`'${name}' in environment '${env}'`, error)
        }
      }
    } catch (error) {
      tell(`Environment '${env}'`, error)
    }
  }
  return found
}

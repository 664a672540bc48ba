import { composeGraph, type App, type Graph } from '../app/index.ts'
import { placed, throwAll, toLevadaErrors } from '../errors/index.ts'
import { authorPlace } from '../plan/index.ts'
import { withText } from './module-place.ts'

/** The graph of an app; what does not fit is told where its author composed it. @throws COMPOSITION, CYCLE */
export function compose(app: App, appDir: string): Graph {
  try {
    return composeGraph(app)
  } catch (error) {
    const place = authorPlace(app['~stack'] ?? '', appDir)
    throwAll(toLevadaErrors(error).map((each) => placed(each, place && withText(place, appDir))))
    throw error
  }
}

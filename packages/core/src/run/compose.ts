import { composeGraph, type App, type Graph } from '../app/index.ts'
import { placed, throwAll, toLevadaErrors, type LevadaError, type Place } from '../errors/index.ts'
import { authorPlace } from '../plan/index.ts'
import { withText } from './module-place.ts'
import { nodePlace } from './node-place.ts'

/** The graph of an app; what does not fit is told where its author composed it, or declared the node. @throws COMPOSITION, CYCLE */
export function compose(app: App, appDir: string): Graph {
  try {
    return composeGraph(app)
  } catch (error) {
    const place = authorPlace(app['~stack'] ?? '', appDir)
    const composed = place && withText(place, appDir)
    throwAll(toLevadaErrors(error).map((each) => placed(each, placeOfNode(app, appDir, each) ?? composed)))
    throw error
  }
}

/** Where the node is declared that an error names. */
function placeOfNode(app: App, appDir: string, { details }: LevadaError): Place | undefined {
  const { node: id } = details as { readonly node?: unknown }
  for (const { name, nodes } of app.pipelines)
    for (const node of nodes) if (`${name}/${node.name}` === id) return nodePlace(node, appDir)
  return undefined
}

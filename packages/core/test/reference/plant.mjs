// Given to Node as --import: has it read a file with a mistake in it, that of the number LEVADA_PLANT.
import { registerHooks } from 'node:module'
import { plants } from './plants.ts'

const { file, find, replace } = plants[Number(process.env.LEVADA_PLANT)]
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.endsWith(`/packages/core/src/${file}`)) return loaded
    const source = String(loaded.source)
    if (source.split(find).length !== 2) throw new Error(`${file} has not once: ${find}`)
    return { ...loaded, source: source.replace(find, () => replace) }
  },
})

export { random, type Random } from './random.ts'
export { apply, byId, plan, reads, type Refusal, type Request, type State, type Work } from './reference.ts'
export { textOf, type Factor, type Selection } from './selection.ts'
export {
  idOf,
  keysOf,
  nameOf,
  valuesOf,
  type Asset,
  type Dimension,
  type Key,
  type Kind,
  type Mapping,
  type Node,
  type Read,
  type World,
} from './world.ts'

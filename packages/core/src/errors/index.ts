export { withStackHere } from './stack-here.ts'
export { codes, type CodeEntry, type ErrorCode } from './codes.ts'
export {
  errorRecord,
  isLevadaError,
  LevadaError,
  placed,
  throwAll,
  toLevadaErrors,
  type ErrorOptions,
  type ErrorRecord,
  type Place,
} from './error.ts'
export { jsonFault } from './json-fault.ts'
export { exampleOf, type Example } from './example.ts'
export { didYouMean, meant, nearest, nearestKeys } from './nearest.ts'
export { codeFrame, formatPlace, positionAt } from './place.ts'
export { decodeUtf8 } from './utf8.ts'

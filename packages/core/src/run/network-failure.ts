/** What the system and Node's `fetch` say when a service does not answer, which may pass. */
const codes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
])

/** Whether an error is one of the network, or was caused by one. */
export function isNetworkFailure(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown }
  if (typeof code === 'string' && codes.has(code)) return true
  // A host with several addresses fails with an error of each.
  const inner: readonly unknown[] = Array.isArray(errors) ? errors : []
  return [cause, ...inner].some((each) => isNetworkFailure(each, depth + 1))
}

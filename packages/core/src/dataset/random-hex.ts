/** Six digits that tell apart what begins in the same millisecond. No secret, so that `node:crypto` need not be loaded. */
export const randomHex = (): string =>
  Math.floor(Math.random() * 2 ** 24)
    .toString(16)
    .padStart(6, '0')

/** As much of a test runner as the suites need. Those of vitest fit; for others, write these three. */
export interface Runner {
  describe(name: string, body: () => void): unknown
  test(name: string, body: () => Promise<void>): unknown
  /** Compares deeply. */
  expect(actual: unknown): { toEqual(expected: unknown): unknown }
}

/** Why an implementation does not pass a case. */
export interface OptOut {
  /** `notImplemented`: it will; `upstream`: a fault of the system behind it; `never`: it cannot. */
  readonly class: 'notImplemented' | 'upstream' | 'never'
  readonly reason: string
}

export type OptOuts = Readonly<Record<string, OptOut>>

export interface Case<L> {
  readonly title: string
  run(lab: L): Promise<void>
}

/**
 * Registers cases. One that is opted out runs too, and is red when it passes.
 * @throws TypeError when an opt-out names no case
 */
export function runCases<L>(
  { describe, test }: Runner,
  suite: { readonly name: string; readonly cases: readonly Case<L>[]; readonly optOut?: OptOuts | undefined },
  inLab: (work: (lab: L) => Promise<void>) => Promise<void>,
): void {
  const optOut = new Map(Object.entries(suite.optOut ?? {}))
  const unknown = [...optOut.keys()].find((title) => suite.cases.every((each) => each.title !== title))
  if (unknown !== undefined)
    throw new TypeError(`${suite.name} opts out of '${unknown}', which is no case of its suite`)
  describe(suite.name, () => {
    for (const { title, run } of suite.cases) {
      const reason = optOut.get(title)
      const body = (): Promise<void> => inLab(run)
      if (reason) test(`${title} (opted out, ${reason.class}: ${reason.reason})`, () => fails(title, body))
      else test(title, body)
    }
  })
}

async function fails(title: string, body: () => Promise<void>): Promise<void> {
  const passed = await body().then(
    () => true,
    () => false,
  )
  if (passed) throw new Error(`'${title}' passes: remove its opt-out`)
}

/** The code of the LevadaError that a promise ends with; anything else is passed on. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (typeof code === 'string') return code
    throw error
  }
  return 'no error'
}

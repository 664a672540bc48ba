/** From now on the clock of the process is so many hours off. */
export function jump(hours: number): void {
  const Right = Date
  const now = (): number => Right.now() + hours * 3_600_000
  globalThis.Date = new Proxy(Right, {
    construct: (_, given) => Reflect.construct(Right, given.length === 0 ? [now()] : given) as Date,
    get: (of, name) => (name === 'now' ? now : Reflect.get(of, name)) as unknown,
  })
}

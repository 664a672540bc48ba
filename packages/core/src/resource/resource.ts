import type { AnySchema } from '../schema/index.ts'

/**
 * A pipeline's need for an external service, injected by name. `type` names an exported interface of a package,
 * `@acme/notify#Notifier`, so that the generated ports can import it; `'~type'` exists for the compiler only.
 */
export interface ResourceNeed<out T = unknown> {
  readonly '~levada': 'resource-need@1'
  readonly type: string
  readonly '~type': T
}

/**
 * Declares that a node uses a service.
 * @example
 * node('explain', { resources: { notify: resource<Notifier>('@acme/notify#Notifier') }, … })
 */
export const resource = <T>(type: `${string}#${string}`): ResourceNeed<T> =>
  ({ '~levada': 'resource-need@1', type }) as ResourceNeed<T>

/** Where a service is set up. */
export interface ResourceContext {
  /** Absolute folder of the app, which relative paths start from. */
  readonly root: string
}

/** What an app gives for a need: how the service is opened and closed. Its settings come from resources.yml. */
export interface ResourceDefinition<out T = unknown> {
  readonly '~levada': 'resource@1'
  readonly name: string
  /** A zod object schema for the entry in resources.yml. */
  readonly config: AnySchema
  readonly setup: (config: never, context: ResourceContext) => Promise<T> | T
  readonly teardown: ((value: never) => Promise<void> | void) | undefined
}

/** Anything with the output type of a zod schema. */
export interface ConfigSchema<C> {
  readonly _zod: { readonly output: C; readonly def: object }
}

/**
 * Defines a service that an app can inject.
 * @example
 * export const slack = () => defineResource('slack', { config: z.object({ webhook: secret() }), setup: ({ webhook }) => new Client(webhook) })
 */
export const defineResource = <C, T>(
  name: string,
  options: {
    readonly config: ConfigSchema<C>
    readonly setup: (config: C, context: ResourceContext) => Promise<T> | T
    readonly teardown?: (value: T) => Promise<void> | void
  },
): ResourceDefinition<T> => ({
  '~levada': 'resource@1',
  name,
  config: options.config as AnySchema,
  setup: options.setup as never,
  teardown: options.teardown as never,
})

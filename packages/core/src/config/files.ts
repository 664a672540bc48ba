/** The files of a layer in conf/, without `.yml`. */
export const configFiles = [
  'globals',
  'catalog',
  'engines',
  'parameters',
  'resources',
  'environment',
  'jobs',
  'credentials',
] as const

export type ConfigFile = (typeof configFiles)[number]

export const isConfigFile = (name: string): name is ConfigFile =>
  (configFiles as readonly string[]).includes(name)

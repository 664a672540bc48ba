import { dirname, resolve } from 'node:path'
import {
  checkEnvironment,
  compose,
  findAppDir,
  loadApp,
  openApp,
  type App,
  type Graph,
  type OpenOptions,
  type Session,
} from '@levada/core/run'
import { printLine } from './print-line.ts'

/** Options that every command about an app takes. */
export interface AppOptions {
  readonly env?: string | undefined
  readonly app?: string | undefined
  readonly json?: boolean | undefined
}

/** The folder of the app: the one that --app names, or the nearest one above the working directory. */
export const appDirOf = ({ app }: AppOptions): string =>
  findAppDir(app === undefined ? process.cwd() : app.endsWith('.ts') ? dirname(resolve(app)) : resolve(app))

/** Opens the app of a command line. */
export async function openSession(
  options: AppOptions,
  params?: NonNullable<OpenOptions['params']>,
  paramsFrom?: string,
): Promise<Session> {
  const appDir = appDirOf(options)
  const app = await loadApp(appDir)
  return openApp(app, {
    appDir,
    ...(options.env !== undefined && { env: options.env }),
    ...(params && { params }),
    ...(paramsFrom !== undefined && { paramsFrom }),
  }) as Promise<Session>
}

export interface Loaded {
  readonly app: App
  readonly graph: Graph
}

/** The app of a command line and its graph, for what no configuration changes. */
export async function loadGraph(options: AppOptions): Promise<Loaded> {
  const appDir = appDirOf(options)
  if (options.env !== undefined) checkEnvironment(appDir, options.env)
  const app = await loadApp(appDir)
  return { app, graph: compose(app, appDir) }
}

/** Prints one JSON document; 64-bit integers as text. */
export const printJson = (value: unknown): void =>
  printLine(JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v), 2))

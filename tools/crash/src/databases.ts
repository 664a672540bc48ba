import pg from 'pg'
import type { Databases } from './bench.ts'

export interface Server {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** Databases of a server, made and dropped by their owner. */
export async function openDatabases({
  host,
  port,
  user,
  password,
  database,
}: Server): Promise<Databases & AsyncDisposable> {
  const client = new pg.Client({ host, port, user, password, database })
  await client.connect()
  return {
    entry: (name) => ({ type: 'postgres', host, port, user, password, database: name }),
    // What is still connected to the one that is copied would be in the way.
    create: async (name, like) =>
      void (await client.query(`create database ${name}${like === undefined ? '' : ` template ${like}`}`)),
    drop: async (name) => void (await client.query(`drop database if exists ${name} with (force)`)),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

import { setTimeout } from 'node:timers/promises'
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
    async create(name, like) {
      for (let attempt = 1; ; attempt++) {
        try {
          await client.query(`create database ${name}${like === undefined ? '' : ` template ${like}`}`)
          return
        } catch (error) {
          // The server notices a while later that who was connected to the one that is copied has gone.
          if ((error as { code?: string }).code !== '55006' || attempt === 50) throw error
          await setTimeout(100)
        }
      }
    },
    drop: async (name) => void (await client.query(`drop database if exists ${name} with (force)`)),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

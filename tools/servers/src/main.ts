// npm run servers -- start postgres: runs a server until it is interrupted, and prints how to reach it.
import { startPostgres } from './postgres.ts'

const [action, name] = process.argv.slice(2)
if (action !== 'start' || name !== 'postgres') {
  console.error('Usage: npm run servers -- start postgres')
  process.exit(2)
}
const { host, port, user, password, database, stop } = await startPostgres()
console.log(`PostgreSQL runs at ${host}:${port} until you press Ctrl+C. In another terminal:

  export PGHOST=${host} PGPORT=${port} PGUSER=${user} PGPASSWORD=${password} PGDATABASE=${database}
  cd apps/flight-delays && npx levada run --env postgres`)
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stopping) return
    stopping = true
    void stop().then(() => process.exit(0))
  })

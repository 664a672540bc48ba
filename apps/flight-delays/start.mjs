// `npm start`: runs the app, then shows what came of it and where to go on.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const bin = join(import.meta.dirname, 'node_modules/@levada/cli/bin/levada.mjs')
const levada = (...args) =>
  spawnSync(process.execPath, [bin, ...args], { cwd: import.meta.dirname, stdio: 'inherit' }).status ?? 1

const failed = levada('run', ...process.argv.slice(2))
if (failed) process.exit(failed)

console.log('\nThe ten busiest airports:\n')
const busiest = levada(
  'query',
  `select iata, name, city, state, flights, round(average_delay_minutes, 1) as average_delay_minutes, round(late_share, 3) as late_share
   from delays.airport order by flights desc limit 10`,
)
console.log(`
The data is in apps/flight-delays/data/dev, as Parquet. Go on from here:

  cd apps/flight-delays
  npx levada query "select * from delays.route order by late_share desc limit 5"
  npx levada show aviation.flights --partition 2001-03-04
  npx levada plan --force --sql
  npx levada run --partition 2001-03-04 --force
  npx levada run delays.airport --param delays.late_after_minutes=30`)
process.exit(busiest)

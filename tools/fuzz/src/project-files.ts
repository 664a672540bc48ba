import { customers, orders, stores } from './data/rows.ts'
import { writeCsv } from './data/csv.ts'
import { writeJson, writeNdjson } from './data/json.ts'
import type { Files } from './case.ts'
import { parquetFiles } from './data/parquet.ts'
import { confTrees, sqlFiles } from './project.ts'
import { random } from './random.ts'
import { writeYaml } from './yaml/write.ts'

let made: Files | undefined

/** Every file of the project as it is without a mutation. */
export function projectFiles(): Files {
  made ??= {
    ...Object.fromEntries(
      Object.entries(confTrees()).map(([file, tree]) => [
        file,
        writeYaml(tree, random(0, 0), { varied: false }).text,
      ]),
    ),
    ...Object.fromEntries(Object.entries(sqlFiles).map(([name, text]) => [`sql/${name}.sql`, `${text}\n`])),
    'landing/orders.csv': writeCsv(orders).text,
    'landing/customers.ndjson': writeNdjson(customers).text,
    'landing/stores.json': writeJson(stores).text,
    'landing/prices.parquet': parquetFiles().good,
  }
  return made
}

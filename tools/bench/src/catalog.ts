import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchApp } from './bench-app.ts'
import { limitFigure, ratioFigure, type Figure } from './figure.ts'
import { alternate, median } from './measure.ts'
import { peer } from './python.ts'

const size = 1000

/** The same entries for both loaders, but for the words that Kedro wants: 1,000 CSV files with their options. */
const entries = (type: string, path: string): string =>
  Array.from(
    { length: size },
    (_, i) => `shop.asset_${i}:
  type: ${type}
  ${path}: \${globals:curated}/shop/asset_${i}
  delimiter: ";"
  header: true
  nullText: "NA"
`,
  ).join('')

/** A catalog of 1,000 entries, loaded and resolved, against the loader of Kedro; and once more, when it has not changed. */
export async function catalog(pairs: number): Promise<readonly Figure[]> {
  using app = benchApp('catalog', {
    'levada.config.ts': '',
    'conf/base/catalog.yml': entries('csv', 'path'),
    'conf/base/globals.yml': 'curated: data\n',
  })
  const entriesOfKedro = join(app.dir, 'kedro/base')
  mkdirSync(entriesOfKedro, { recursive: true })
  writeFileSync(join(entriesOfKedro, 'catalog.yml'), entries('pandas.CSVDataset', 'filepath'))
  writeFileSync(join(entriesOfKedro, 'globals.yml'), 'curated: data\n')
  // A process for each, as a command has: what is compiled in the first call counts.
  const ours = (what: 'all' | 'one'): number =>
    Number(
      execFileSync(process.execPath, [join(import.meta.dirname, 'load-catalog.ts'), app.dir, what], {
        encoding: 'utf8',
      }),
    )
  const kedro = peer('kedro', 'catalog')
  const figures: Figure[] = []
  if (kedro) {
    const found = await alternate(
      pairs,
      async () => {
        app.reset()
        return ours('all')
      },
      async () =>
        Number(
          execFileSync(
            kedro.python,
            [join(import.meta.dirname, 'peers/kedro-catalog.py'), join(app.dir, 'kedro')],
            {
              encoding: 'utf8',
              // Its own limit is 10,000 YAML nodes.
              env: { ...process.env, OMEGACONF_MAX_YAML_EXPANDED_NODES: 'none', PYTHONWARNINGS: 'ignore' },
            },
          ),
        ),
    )
    figures.push(
      ratioFigure(`catalog: 1,000 entries, loaded and resolved, against ${kedro.title}`, 'ms', 1 / 10, found),
    )
  }
  const unchanged = median(Array.from({ length: pairs + 1 }, () => ours('one')).slice(1))
  figures.push(
    limitFigure(
      'catalog: 1,000 entries that have not changed, loaded, and the one of a step resolved, against 15 ms',
      15,
      pairs,
      unchanged,
    ),
  )
  return figures
}

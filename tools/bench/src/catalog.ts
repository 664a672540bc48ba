import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchApp } from './bench-app.ts'
import { ratioFigure, type Figure } from './figure.ts'
import { alternate, median } from './measure.ts'

const size = 1000
const kedroVersion = '1.7.0'

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

/** Kedro in a folder of its own, from PyPI; undefined when this machine has no Python. */
function kedro(): string | undefined {
  const dir = join(import.meta.dirname, '../tmp/kedro')
  const python = join(dir, 'bin/python')
  try {
    if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', dir], { stdio: 'ignore' })
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', `kedro==${kedroVersion}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return python
  } catch (error) {
    console.error(
      `catalog: SKIPPED against Kedro ${kedroVersion}: ${(error as Error).message.split('\n')[0]}`,
    )
    rmSync(dir, { recursive: true, force: true })
    return undefined
  }
}

/** A catalog of 1,000 entries, loaded and resolved, against the loader of Kedro; and once more, when it has not changed. */
export async function catalog(pairs: number): Promise<readonly Figure[]> {
  using app = benchApp('catalog', {
    'levada.config.ts': '',
    'conf/base/catalog.yml': entries('csv', 'path'),
    'conf/base/globals.yml': 'curated: data\n',
  })
  const peer = join(app.dir, 'kedro/base')
  mkdirSync(peer, { recursive: true })
  writeFileSync(join(peer, 'catalog.yml'), entries('pandas.CSVDataset', 'filepath'))
  writeFileSync(join(peer, 'globals.yml'), 'curated: data\n')
  // A process for each, as a command has: what is compiled in the first call counts.
  const ours = (what: 'all' | 'one'): number =>
    Number(
      execFileSync(process.execPath, [join(import.meta.dirname, 'load-catalog.ts'), app.dir, what], {
        encoding: 'utf8',
      }),
    )
  const python = kedro()
  const figures: Figure[] = []
  if (python !== undefined) {
    const found = await alternate(
      pairs,
      async () => {
        app.reset()
        return ours('all')
      },
      async () =>
        Number(
          execFileSync(python, [join(import.meta.dirname, 'kedro-catalog.py'), join(app.dir, 'kedro')], {
            encoding: 'utf8',
            // Its own limit is 10,000 YAML nodes.
            env: { ...process.env, OMEGACONF_MAX_YAML_EXPANDED_NODES: 'none', PYTHONWARNINGS: 'ignore' },
          }),
        ),
    )
    figures.push(
      ratioFigure(
        `catalog: 1,000 entries, loaded and resolved, against Kedro ${kedroVersion}`,
        'ms',
        1 / 10,
        found,
      ),
    )
  }
  const unchanged = median(Array.from({ length: pairs + 1 }, () => ours('one')).slice(1))
  figures.push({
    name: 'catalog: 1,000 entries that have not changed, loaded, and the one of a step resolved, against 15 ms',
    unit: 'ms',
    ours: unchanged,
    other: 15,
    ratio: unchanged / 15,
    bar: 1,
    ok: unchanged <= 15,
    pairs,
  })
  return figures
}

import type { ExpectedError, Expectation, Mutated, Mutator, Where } from '../case.ts'
import { positionOf } from '../place.ts'
import { confTrees } from '../project.ts'
import type { Random } from '../random.ts'
import { projectFiles } from '../project-files.ts'
import { typo } from '../typo.ts'
import { isTree, writeYaml, type Entry, type Style, type Tree, type Value, type Written } from './write.ts'

const catalog = 'conf/base/catalog.yml'
const globals = 'conf/base/globals.yml'
const engines = 'conf/base/engines.yml'
const resources = 'conf/base/resources.yml'
const parameters = 'conf/base/parameters.yml'
const assets = ['sales.raw_orders', 'sales.raw_customers', 'shops.raw_stores', 'shops.raw_prices']
const pattern = '{domain}.{table}'

/** The trees of conf/ and how they were written. */
class Draft {
  readonly trees = confTrees()
  readonly random: Random
  readonly #written = new Map<string, Written>()
  readonly #style: Style
  readonly #text = new Map<string, string>()

  constructor(random: Random, style: Style = {}) {
    this.random = random
    this.#style = style
  }
  entries(file: string, ...path: readonly string[]): Entry[] {
    let tree = this.trees[file]!
    for (const key of path) tree = tree.entries.find((entry) => entry.key === key)!.value as Tree
    return tree.entries
  }
  entry(file: string, ...path: readonly string[]): Entry {
    return this.entries(file, ...path.slice(0, -1)).find(({ key }) => key === path.at(-1))!
  }
  /** Writes a value in the place of another. */
  set(value: Value, file: string, ...path: readonly string[]): Entry {
    const entry = this.entry(file, ...path)
    entry.value = value
    return entry
  }
  /** Adds an entry anywhere in a map. */
  add(entry: Entry, file: string, ...path: readonly string[]): Entry {
    const entries = this.entries(file, ...path)
    entries.splice(this.random.int(entries.length + 1), 0, entry)
    return entry
  }
  written(file: string): Written {
    const known = this.#written.get(file) ?? writeYaml(this.trees[file]!, this.random, this.#style)
    this.#written.set(file, known)
    return known
  }
  text(file: string): string {
    return this.#text.get(file) ?? this.written(file).text
  }
  /** Puts another text in the place of what was written. */
  replace(file: string, text: string): void {
    this.#text.set(file, text)
  }
  at(file: string, offset: number): Where {
    return { file, ...positionOf(this.text(file), offset) }
  }
  key = (file: string, entry: Entry): Where => this.at(file, this.written(file).keys.get(entry)!)
  value = (file: string, entry: Entry): Where => this.at(file, this.written(file).values.get(entry)!)
  done(done: string, expect: Expectation, rest: Partial<Mutated> = {}): Mutated {
    const texts = Object.keys(this.trees).map((file) => [file, this.text(file)] as const)
    return {
      files: { ...projectFiles(), ...Object.fromEntries(texts), ...rest.files },
      done,
      expect,
      env: rest.env ?? this.random.pick(['dev', 'dev', 'prod', 'staging']),
    }
  }
}

const error = (
  codes: string | readonly string[],
  where: Where | readonly Where[],
  says: readonly string[] = [],
): ExpectedError => ({ codes: [codes].flat(), where: [where].flat(), says })
const fails = (expected: ExpectedError, ...also: readonly ExpectedError[]): Expectation => ({
  kind: 'error',
  error: expected,
  also,
})
const same: Expectation = { kind: 'same' }

/** Maps whose keys are known, with those keys. */
const closed: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [catalog, ['sales.raw_orders'], ['path', 'delimiter', 'header', 'nullText']],
  [catalog, ['sales.raw_customers'], ['path']],
  [catalog, ['shops.raw_prices'], ['path', 'compression']],
  [resources, ['duckdb'], ['memory_limit', 'threads', 'temp_directory']],
  ['conf/prod/environment.yml', [], ['protected', 'reads', 'externals']],
  ['conf/staging/environment.yml', [], ['protected', 'reads', 'externals']],
]

/** The environments in which a file counts. */
const envFor = (file: string, random: Random): string => {
  const layer = file.split('/')[1]!
  return layer === 'base' ? random.pick(['dev', 'prod', 'staging']) : layer
}

type Make = (draft: Draft, random: Random) => Mutated
const mutators: Record<string, readonly [weight: number, make: Make, style?: Style]> = {
  'nothing at all': [2, (draft) => draft.done('nothing', same), { varied: false }],
  'comments, quotes, blanks': [26, (draft) => draft.done('written in another way', same)],
  'order of keys': [
    5,
    (draft, random) => {
      for (const tree of Object.values(draft.trees)) {
        // Catalog and engines are looked through in no order; params and settings have none.
        tree.entries.splice(0, tree.entries.length, ...random.shuffle(tree.entries))
        for (const { value } of tree.entries)
          if (isTree(value)) value.entries.splice(0, value.entries.length, ...random.shuffle(value.entries))
      }
      return draft.done('keys in another order', same)
    },
  ],
  'byte order mark': [
    2,
    (draft, random) => textChange(draft, random, 'a byte order mark', (text) => `\ufeff${text}`),
  ],
  CRLF: [3, (draft, random) => textChange(draft, random, 'CRLF', (text) => text.replaceAll('\n', '\r\n'))],
  'anchor and alias': [
    2,
    (draft, random) => {
      const file = random.pick([globals, parameters])
      draft.trees[file]!.entries.unshift({
        key: file === globals ? 'more' : 'sales',
        value: { raw: file === globals ? '&x { a: 1 }' : '&x { at_least: 1.5, top: 50, nobody: nobody }' },
      })
      if (file === globals) draft.trees[file]!.entries.push({ key: 'again', value: { raw: '*x' } })
      else
        draft.trees[file]!.entries.splice(
          draft.trees[file]!.entries.findIndex((entry, i) => i > 0 && entry.key === 'sales'),
          1,
        )
      return draft.done('a value by its alias', same)
    },
  ],
  'huge text that is unused': [
    1,
    (draft, random) => {
      const huge = random.pick(['x', 'y ', '\\', '日本'])
      draft.add({ key: 'huge', value: huge.repeat(500_000) }, globals)
      return draft.done('a text of 1 MB that nobody reads', same)
    },
  ],
  'huge text': [
    1,
    (draft, random) => {
      const [file, ...path] = random.pick([
        [catalog, 'sales.raw_orders', 'delimiter'],
        [resources, 'duckdb', 'memory_limit'],
        [catalog, 'sales.raw_orders', 'type'],
        [engines, 'default'],
        [catalog, 'shops.raw_prices', 'path'],
        [parameters, 'sales', 'top'],
      ] as const)
      if (path.at(-1) === 'path') {
        const entry = draft.add({ key: 'compression', value: 'z'.repeat(1_000_000) }, file, path[0]!)
        return draft.done('a text of 1 MB', fails(error('CONFIG_INVALID', draft.value(file, entry))))
      }
      const entry = draft.set('z'.repeat(1_000_000), file, ...path)
      return draft.done(
        'a text of 1 MB',
        fails(error(['CONFIG_INVALID', 'PLUGIN_MISSING', 'PARAM_INVALID'], draft.value(file, entry))),
      )
    },
  ],
  'huge key': [
    1,
    (draft) => {
      const entry = draft.add({ key: 'k'.repeat(1000), value: 1 }, resources, 'duckdb')
      return draft.done(
        'a key of 1000 letters',
        fails(error(['CONFIG_INVALID', 'CONFIG_SYNTAX'], draft.key(resources, entry))),
      )
    },
  ],
  'unknown key': [
    14,
    (draft, random) => {
      const [file, path, known] = random.pick(closed)
      const meant = random.pick(known)
      const wrong = typo(meant, random, [...known, 'type'])
      const entry = draft.add(
        { key: wrong, value: random.pick([1, 'x', true, { entries: [] }]) },
        file,
        ...path,
      )
      return draft.done(
        `the key ${wrong} for ${meant} in ${file}`,
        fails(error('CONFIG_INVALID', draft.key(file, entry), [`'${wrong}'`, `'${meant}'`])),
        { env: envFor(file, random) },
      )
    },
  ],
  'key written wrong': [
    6,
    (draft, random) => {
      const [file, ...path] = random.pick([
        [catalog, 'sales.raw_orders', 'delimiter'],
        [catalog, 'shops.raw_prices', 'path'],
        [resources, 'duckdb', 'threads'],
        ['conf/staging/environment.yml', 'reads'],
      ] as const)
      const entry = draft.entry(file, ...path)
      const meant = entry.key
      entry.key = typo(meant, random)
      return draft.done(
        `${meant} written ${entry.key}`,
        fails(
          error('CONFIG_INVALID', draft.key(file, entry), [`'${entry.key}'`, `'${meant}'`]),
          error('CONFIG_INVALID', { file }, ['missing']),
        ),
        { env: envFor(file, random) },
      )
    },
  ],
  'duplicate key': [
    6,
    (draft, random) => {
      const file = random.pick([catalog, globals, engines, parameters, resources])
      const tree = draft.trees[file]!
      const inner = tree.entries.filter(({ value }) => isTree(value))
      const entries =
        inner.length > 0 && random.chance(0.6) ? (random.pick(inner).value as Tree).entries : tree.entries
      const again = { ...random.pick(entries) }
      entries.push(again)
      return draft.done(`the key ${again.key} twice`, fails(error('CONFIG_SYNTAX', draft.key(file, again))))
    },
  ],
  'wrong indentation': [
    6,
    (draft, random) => {
      const file = random.pick([catalog, parameters, resources])
      const { lines, text } = draft.written(file)
      const inner = lines.filter(({ indent }, i) => indent > 0 && lines[i - 1]!.indent > 0)
      const line = random.pick(inner)
      const shift = random.pick([-1, 1])
      draft.replace(
        file,
        `${text.slice(0, line.at)}${' '.repeat(line.indent + shift)}${text.slice(line.at + line.indent)}`,
      )
      const { line: number } = positionOf(text, line.at)
      return draft.done(
        `a line ${shift} off`,
        fails(
          error('CONFIG_SYNTAX', {
            file,
            line: number,
            column: [1, line.indent + shift + 1 + line.entry.key.length],
          }),
        ),
      )
    },
    { block: true },
  ],
  tab: [
    5,
    (draft, random) => {
      const file = random.pick([catalog, parameters, resources])
      const { lines, text } = draft.written(file)
      const line = random.pick(lines.filter(({ indent }) => indent > 0))
      draft.replace(file, `${text.slice(0, line.at)}\t${text.slice(line.at + line.indent)}`)
      const { line: number } = positionOf(text, line.at)
      return draft.done('a tab', fails(error('CONFIG_SYNTAX', { file, line: number, column: [1, 2] })))
    },
    { block: true },
  ],
  'wrong type': [
    10,
    (draft, random) => {
      const [file, wrong, ...path] = random.pick([
        [catalog, [1, true, null, 'ab', ['a'], { entries: [] }], 'sales.raw_orders', 'delimiter'],
        [catalog, [1, null, 'yes', 'no', ['a'], { entries: [] }], 'sales.raw_orders', 'header'],
        [catalog, [1, true, null, ['a'], { entries: [] }], 'shops.raw_stores', 'path'],
        [catalog, ['zsdt', 1, true, null], pattern, 'compression'],
        [resources, ['two', 1.5, 0, -1, true, null, ['a']], 'duckdb', 'threads'],
        [resources, ['lots', 1, '1 XB', '', true], 'duckdb', 'memory_limit'],
        [catalog, ['x', 1, ['a'], true], 'shops.raw_prices'],
        [resources, ['x', 1, ['a'], true], 'duckdb'],
        [engines, [1, true, ['a'], { entries: [] }], 'default'],
        ['conf/staging/environment.yml', ['yes', 1, null, 'no', ['a']], 'protected'],
        ['conf/staging/environment.yml', [1, '', ['a'], true], 'reads'],
      ] as readonly (readonly [string, readonly Value[], ...string[]])[])
      const entry = draft.set(random.pick(wrong), file, ...path)
      return draft.done(
        `${path.join(' ')} is ${JSON.stringify(entry.value)}`,
        fails(error('CONFIG_INVALID', draft.value(file, entry))),
        { env: envFor(file, random) },
      )
    },
  ],
  'no map at the top': [
    2,
    (draft, random) => {
      const file = random.pick([catalog, globals, engines, parameters])
      const top = random.pick(['- a\n- b\n', 'only a text\n', '12\n', '[1, 2]\n'])
      const above = random.pick(['', '# so\n', '\n\n', '---\n'])
      draft.replace(file, above + top)
      return draft.done('no map at the top', fails(error('CONFIG_INVALID', draft.at(file, above.length))))
    },
  ],
  'no YAML': [
    4,
    (draft, random) => {
      const file = random.pick([catalog, globals, engines, parameters])
      const wrong = random.pick([
        'a: b: c',
        'x: "never closed',
        'x: [1, 2',
        'x: {a: 1',
        '}: 1',
        'x: @y',
        'x: `y`',
        'x: !!none 1',
        'x: %y',
        '%TAG',
        "x: 'y' z",
      ])
      const before = draft.text(file)
      draft.replace(file, `${before}${wrong}\n`)
      const { line } = positionOf(draft.text(file), before.length)
      return draft.done(wrong, fails(error('CONFIG_SYNTAX', { file, line: [line, line + 1] })))
    },
  ],
  'number too large': [
    1,
    (draft) => {
      const entry = draft.add({ key: 'n', value: { raw: '12345678901234567890' } }, globals)
      return draft.done('a number too large', fails(error('CONFIG_INVALID', draft.value(globals, entry))))
    },
  ],
  'unset variable': [
    6,
    (draft, random) => {
      const [file, ...path] = random.pick([
        [catalog, 'sales.raw_orders', 'path'],
        [catalog, pattern, 'compression'],
        [resources, 'duckdb', 'threads'],
        [engines, 'default'],
        [parameters, 'shops', 'factor'],
      ] as const)
      const wrong = typo('region', random).toUpperCase()
      const entry = draft.set(random.pick([`\${env:${wrong}}`, `a/\${env:${wrong}}/b`]), file, ...path)
      return draft.done(
        `\${env:${wrong}}`,
        fails(error('CONFIG_INTERPOLATION', draft.value(file, entry), [wrong, "'REGION'"])),
      )
    },
  ],
  'reference to nothing': [
    5,
    (draft, random) => {
      const wrong = typo('landing', random)
      const entry = draft.set(`\${globals:${wrong}}/x.parquet`, catalog, 'shops.raw_prices', 'path')
      return draft.done(
        `\${globals:${wrong}}`,
        fails(error('CONFIG_INTERPOLATION', draft.value(catalog, entry), [wrong, "'landing'"])),
      )
    },
  ],
  'placeholder of nothing': [
    4,
    (draft, random) => {
      const wrong = typo(random.pick(['domain', 'table']), random)
      const entry = draft.set(`data/{domain}/{${wrong}}`, catalog, pattern, 'path')
      return draft.done(
        `{${wrong}}`,
        fails(error('CONFIG_INVALID', draft.value(catalog, entry), [`{${wrong}}`, `'${pattern}'`])),
      )
    },
  ],
  'reference in a default': [
    4,
    (draft, random) => {
      const { value } = draft.entry(globals, 'landing')
      if (isTree(value)) throw new TypeError('landing is a text')
      const missing = random.pick(['env:NOT_THERE', 'globals:not_there', 'params:not.there'])
      draft.add({ key: '_landing', value }, globals)
      draft.set(`\${${missing.startsWith('params') ? 'env:NONE' : missing},\${_landing}}`, globals, 'landing')
      return draft.done('a default that refers to a key of the file', same)
    },
  ],
  'params among globals': [
    3,
    (draft) => {
      const entry = draft.set('${params:shops.factor}', globals, 'landing')
      return draft.done(
        'globals.yml refers to a param',
        fails(error('CONFIG_INTERPOLATION', draft.value(globals, entry), ['cannot refer to params'])),
      )
    },
  ],
  'circle of references': [
    5,
    (draft, random) => {
      const names = random.shuffle(['curated', 'one', 'two', 'three'].slice(0, 1 + random.int(4)))
      const found: Entry[] = []
      names.forEach((name, i) => {
        const text = `\${globals:${names[(i + 1) % names.length]!}}`
        const entry =
          name === 'curated' ? draft.set(text, globals, name) : draft.add({ key: name, value: text }, globals)
        found.push(entry)
      })
      if (!names.includes('curated')) draft.set(`\${globals:${names[0]!}}`, globals, 'curated')
      const places = found.map((entry) => draft.value(globals, entry))
      return draft.done('a circle', fails(error('CONFIG_INTERPOLATION', places, ['→'])), { env: 'dev' })
    },
  ],
  'unknown resolver': [
    4,
    (draft, random) => {
      const meant = random.pick(['globals', 'params', 'secret'])
      const wrong = typo(meant, random, ['env'])
      const entry = draft.set(`\${${wrong}:x}`, catalog, random.pick(assets), 'path')
      return draft.done(
        `the resolver ${wrong}`,
        fails(error('CONFIG_INTERPOLATION', draft.value(catalog, entry), [`'${wrong}'`, `'${meant}'`])),
      )
    },
  ],
  'unclosed reference': [
    4,
    (draft, random) => {
      const text = random.pick([
        '${globals:landing',
        'a/${env:X,',
        '${',
        '${globals:${env:REGION}}',
        '${}',
        '${env:}',
      ])
      const entry = draft.set(text, catalog, random.pick(assets), 'path')
      return draft.done(text, fails(error('CONFIG_INTERPOLATION', draft.value(catalog, entry))))
    },
  ],
  'missing secret': [
    2,
    (draft, random) => {
      const text = random.pick(['${secret:db/none}', '${secret:env/NONE}', '${secret:file/none.txt}'])
      const entry = draft.set(text, catalog, random.pick(assets), 'path')
      return draft.done(text, fails(error('CREDENTIAL_MISSING', draft.value(catalog, entry))))
    },
  ],
  'alias of nothing': [
    4,
    (draft, random) => {
      const file = random.pick([catalog, globals])
      const entry = draft.add({ key: 'a.b', value: { raw: '*none' } }, file)
      return draft.done('an alias without an anchor', fails(error('CONFIG_SYNTAX', draft.value(file, entry))))
    },
  ],
  'alias bomb': [
    1,
    (draft, random) => {
      const width = 6 + random.int(6)
      const first = draft.trees[globals]!.entries.length
      for (let i = 0; i < 10; i++) {
        const items = Array.from({ length: width }, () => (i === 0 ? 'ha' : `*a${i - 1}`))
        draft.trees[globals]!.entries.push({ key: `b${i}`, value: { raw: `&a${i} [${items.join(', ')}]` } })
      }
      const [from, to] = [draft.trees[globals]!.entries[first]!, draft.trees[globals]!.entries.at(-1)!]
      const lines = [
        draft.value(globals, from).line as number,
        draft.value(globals, to).line as number,
      ] as const
      return draft.done('a bomb of aliases', fails(error('CONFIG_SYNTAX', { file: globals, line: lines })))
    },
  ],
  'ambiguous pattern': [
    4,
    (draft, random) => {
      draft.entries(catalog).splice(3, 1)
      // As many letters, as many placeholders.
      const pair = random.shuffle(['sh{a}.raw_{b}', '{a}ps.raw_{b}'])
      const [first, second] = pair.map((key) => ({
        key,
        value: { raw: '{ type: parquet, path: landing/prices.parquet }' },
      }))
      draft.entries(catalog).push(first!, second!)
      return draft.done(
        'two patterns that match equally well',
        fails(
          error(
            'CATALOG_AMBIGUOUS',
            [draft.key(catalog, first!), draft.key(catalog, second!)],
            [pair[0]!, pair[1]!],
          ),
        ),
      )
    },
  ],
  'entry missing': [
    3,
    (draft) => {
      const entries = draft.entries(catalog)
      entries.splice(entries.length - 1, 1)
      return draft.done(
        'no pattern for what is built',
        fails(
          error('CATALOG_MISSING', { file: catalog }, ["'sales.orders'"]),
          error('CATALOG_MISSING', { file: catalog }),
        ),
      )
    },
  ],
  'unknown asset': [
    3,
    (draft, random) => {
      const meant = random.pick(['sales.orders', 'sales.customers', 'shops.stores'])
      const entry = {
        key: typo(meant, random, ['.']).replace(/^([^.]*)$/, 'a.$1'),
        value: { raw: '{ type: parquet, path: x }' },
      }
      draft.entries(catalog).push(entry)
      return draft.done(
        `an entry for ${entry.key}`,
        fails(error('ASSET_UNKNOWN', draft.key(catalog, entry), [`'${entry.key}'`])),
      )
    },
  ],
  'one place for two': [
    2,
    (draft) => {
      draft.set('data/all', catalog, pattern, 'path')
      return draft.done(
        'all at one place',
        fails(
          error(
            'CATALOG_CLASH',
            draft.at(catalog, draft.written(catalog).values.get(draft.entry(catalog, pattern))!),
          ),
        ),
      )
    },
  ],
  'unknown file': [
    3,
    (draft, random) => {
      const meant = random.pick(['catalog', 'globals', 'engines', 'parameters'])
      const layer = random.pick(['base', 'prod'])
      const [file, near] = random.pick([
        [`conf/${layer}/${typo(meant, random)}.yml`, `'${meant}.yml'`],
        [`conf/${layer}/${meant}.yaml`, `'${meant}.yml'`],
        [`conf/${meant}.yml`, 'conf/base'],
        [`conf/${layer}/notes.txt`, meant],
      ])
      return draft.done(`the file ${file}`, fails(error('CONFIG_FILE_UNKNOWN', { file }, [near])), {
        files: { [file]: '' },
        env: 'prod',
      })
    },
  ],
  'credentials in the open': [
    1,
    (draft, random) => {
      const file = random.pick(['conf/base/credentials.yml', 'conf/credentials.yml'])
      return draft.done(file, fails(error('CREDENTIAL_PLACE', { file })), {
        files: { [file]: 'db: { password: hunter2 }\n' },
      })
    },
  ],
  'unknown environment': [
    3,
    (draft, random) => {
      const meant = random.pick(['prod', 'staging'])
      const wrong = typo(meant, random)
      if (random.chance(0.5))
        return draft.done(`--env ${wrong}`, fails(error('ENV_UNKNOWN', [], [wrong, `'${meant}'`])), {
          env: wrong,
        })
      const entry = draft.set(wrong, 'conf/staging/environment.yml', 'reads')
      return draft.done(
        `reads: ${wrong}`,
        fails(error('ENV_UNKNOWN', draft.value('conf/staging/environment.yml', entry), [wrong])),
        { env: 'staging' },
      )
    },
  ],
  'unknown dataset type': [
    5,
    (draft, random) => {
      const [asset, meant] = random.pick([
        ['sales.raw_customers', 'ndjson'],
        ['shops.raw_prices', 'parquet'],
        [pattern, 'parquet'],
      ] as const)
      const entry = draft.set(typo(meant, random, ['json']), catalog, asset, 'type')
      return draft.done(
        `the type ${String(entry.value)}`,
        fails(error('PLUGIN_MISSING', draft.value(catalog, entry), [String(entry.value), `'${meant}'`])),
      )
    },
  ],
  'no dataset type': [
    2,
    (draft, random) => {
      const asset = random.pick(assets)
      const entry = draft.entry(catalog, asset)
      const tree = entry.value as Tree
      tree.entries.splice(0, 1)
      return draft.done(
        'no type',
        fails(error('CONFIG_INVALID', [draft.value(catalog, entry), draft.key(catalog, entry)], [asset])),
      )
    },
  ],
  'unknown engine': [
    4,
    (draft, random) => {
      const wrong = typo('duckdb', random)
      const entry = draft.set(wrong, engines, random.pick(['default', 'shops.prices']))
      return draft.done(
        `the engine ${wrong}`,
        fails(error('PLUGIN_MISSING', draft.value(engines, entry), [`'${wrong}'`, "'duckdb'"])),
      )
    },
  ],
  'stray key among engines': [
    2,
    (draft, random) => {
      const entry = draft.add({ key: typo('default', random), value: 'duckdb' }, engines)
      return draft.done(
        `the key ${entry.key}`,
        fails(error('CONFIG_INVALID', draft.key(engines, entry), [`'${entry.key}'`, "'default'"])),
      )
    },
  ],
  'unknown param': [
    6,
    (draft, random) => {
      const [pipeline, meant] = random.pick([
        ['sales', 'at_least'],
        ['sales', 'nobody'],
        ['shops', 'factor'],
      ] as const)
      const entry = draft.entry(parameters, pipeline, meant)
      entry.key = typo(meant, random)
      return draft.done(
        `the param ${entry.key}`,
        fails(error('PARAM_UNKNOWN', draft.key(parameters, entry), [`'${entry.key}'`, `'${meant}'`])),
      )
    },
  ],
  'params of no pipeline': [
    2,
    (draft, random) => {
      const entry = draft.entry(parameters, 'shops')
      entry.key = typo('shops', random)
      const inner = (entry.value as Tree).entries
      return draft.done(
        `params of ${entry.key}`,
        fails(
          error('PARAM_UNKNOWN', draft.key(parameters, entry), [`'${entry.key}'`, "'shops'"]),
          ...inner.map((each) => error('PARAM_UNKNOWN', draft.key(parameters, each))),
        ),
      )
    },
  ],
  'param of a wrong type': [
    6,
    (draft, random) => {
      const [pipeline, name, wrong] = random.pick([
        ['sales', 'top', ['many', 1.5, true, null, [1], 0]],
        ['sales', 'at_least', ['1,5', true, null, [1]]],
        ['sales', 'nobody', [true, null, ['a'], { entries: [] }]],
        ['shops', 'factor', ['', 'x', false, null]],
        ['shops', 'round', [1, 'yes', 'no', null]],
      ] as readonly (readonly [string, string, readonly Value[]])[])
      const entry = draft.set(random.pick(wrong), parameters, pipeline, name)
      return draft.done(
        `${name} is ${JSON.stringify(entry.value)}`,
        fails(error('PARAM_INVALID', draft.value(parameters, entry), [`${pipeline}.${name}`])),
      )
    },
  ],
  'params that are no map': [
    1,
    (draft, random) => {
      const entry = draft.set(random.pick(['x', 1, true, ['a']]), parameters, 'sales')
      return draft.done(
        'params as a scalar',
        fails(error('CONFIG_INVALID', [draft.value(parameters, entry), draft.key(parameters, entry)])),
      )
    },
  ],
  'secret that looks like YAML': [
    1,
    (draft, random) => {
      const wrong = random.pick([
        'db: { password: *hunter2 }\n',
        'db: "hunter2\n',
        'db: [hunter2\n',
        'db:\n\tpassword: hunter2\n',
      ])
      const file = 'conf/local/credentials.yml'
      return draft.done(
        'credentials that are no YAML',
        fails(error('CONFIG_SYNTAX', { file, line: [1, 2] })),
        { files: { [file]: wrong }, env: 'dev' },
      )
    },
  ],
}

function textChange(draft: Draft, random: Random, done: string, change: (text: string) => string): Mutated {
  for (const file of Object.keys(draft.trees))
    if (random.chance(0.6)) draft.replace(file, change(draft.text(file)))
  return draft.done(done, same)
}

export const yamlMutators: readonly Mutator[] = Object.entries(mutators).map(
  ([name, [weight, make, style]]) => ({
    name: `yaml: ${name}`,
    weight,
    mutate: (random) => make(new Draft(random, style), random),
  }),
)

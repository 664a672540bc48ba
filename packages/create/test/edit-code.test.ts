import { describe, expect, test } from 'vitest'
import { withEntry, withImport, withItem } from '../src/add/edit-code.ts'
import { withDependency } from '../src/add/edit-manifest.ts'

describe('withImport', () => {
  const line = "import b from './b.ts'"
  test('goes after the last import, once', () => {
    const text = "import a from 'a'\nimport {\n  c,\n} from 'c'\n\nconst x = 1\n"
    const made = withImport(text, line)
    expect(made).toBe(`import a from 'a'\nimport {\n  c,\n} from 'c'\n${line}\n\nconst x = 1\n`)
    expect(withImport(made!, line)).toBe(made)
  })
  test('is refused where there is none', () => expect(withImport('const x = 1\n', line)).toBeUndefined())
})

describe('withItem', () => {
  test.each([
    ['one line', 'nodes: [a]', 'nodes: [a, b]'],
    ['empty', 'nodes: []', 'nodes: [b]'],
    ['many lines', 'nodes: [\n    a,\n    c(),\n  ]', 'nodes: [\n    a,\n    c(),\n    b,\n  ]'],
    ['many lines, no comma', 'nodes: [\n    a\n  ]', 'nodes: [\n    a,\n    b,\n  ]'],
    ['after a text', "define('x', { nodes: [a] })", "define('x', { nodes: [a, b] })"],
  ])('adds to a list: %s', (_, text, made) => {
    expect(withItem(text, 'nodes', 'b')).toBe(made)
    expect(withItem(made, 'nodes', 'b')).toBe(made)
  })
  test.each([
    ['no list', 'const nodes = [a]'],
    ['two lists', 'nodes: [a]\nnodes: [c]'],
    ['a comment inside', 'nodes: [\n a, // first\n]'],
    ['a text inside', "nodes: [a('x')]"],
    ['a nested list', 'nodes: [a, [c]]'],
    ['spread', 'nodes: [...all, a].concat(x)'.replace('[...all, a]', 'all')],
    ['in a comment', '// nodes: [a]'],
    ['in a block comment', ' * nodes: [a]'],
    ['in a text', "const t = 'nodes: [a]'"],
  ])('is refused: %s', (_, text) => expect(withItem(text, 'nodes', 'b')).toBeUndefined())
})

describe('withEntry', () => {
  const app = (rest: string): string => `defineApp({\n  pipelines: [a],\n${rest}})\n`
  test('makes the object, then adds to it', () => {
    const first = withEntry(app(''), 'resources', 'x: x()')
    expect(first).toBe(app('  resources: { x: x() },\n'))
    expect(withEntry(first!, 'resources', 'x: x()')).toBe(first)
    expect(withEntry(first!, 'resources', 'y: y()')).toBe(app('  resources: { x: x(), y: y() },\n'))
  })
  test('is refused where it is not plain', () => {
    expect(withEntry(app('  resources: { x: x({ a: 1 }) },\n'), 'resources', 'y: y()')).toBeUndefined()
    expect(withEntry(app('  resources,\n'), 'resources', 'y: y()')).toBeUndefined()
    expect(withEntry('defineApp(options)\n', 'resources', 'y: y()')).toBeUndefined()
  })
})

describe('withDependency', () => {
  test('keeps the form of the file, in order of names, and a range that is there', () => {
    const text = '{\n  "dependencies": {\n    "b": "1"\n  }\n}\n'
    const made = withDependency(text, 'dependencies', 'a', '^2')
    expect(made).toBe('{\n  "dependencies": {\n    "a": "^2",\n    "b": "1"\n  }\n}\n')
    expect(withDependency(made!, 'dependencies', 'a', '^3')).toBe(made)
  })
  test('is refused where the form would change', () => {
    expect(withDependency('{ "dependencies": {} }\n', 'dependencies', 'a', '^2')).toBeUndefined()
    expect(withDependency('{\n', 'dependencies', 'a', '^2')).toBeUndefined()
  })
})

import { describe, expect, test } from 'vitest'
import { select } from '../../src/plan/index.ts'
import { graphOf, pipelineOf, selected } from './kit.ts'

// The numbers are those of docs/semantics.md.

const lines = [
  'node1: p.h, p.i, p.m -> p.n',
  'node2: p.h -> p.i',
  'node3: p.f -> p.g, p.m',
  'node4: p.e -> p.f, p.h',
  'node5: p.d ->',
  'node6: p.c -> p.d',
  'node7: p.b -> p.c, p.e',
  'node8: p.a -> p.b, p.l',
  'node9: -> p.a',
]
const tagged = (tags: Readonly<Record<string, readonly string[]>>) =>
  graphOf(pipelineOf('p', lines, { tags }))
const graph = tagged({ 'p.c': ['foo'], 'p.e': ['foo'], 'p.d': ['foo'] })
const nodes = async (selection: string): Promise<string> =>
  (await selected(graph, selection)).replaceAll('node', '')

describe('slices', () => {
  test.each([
    ['B2: a tag selects what writes assets with it', 'tag:foo', '6 7'],
    ['B4: up to a node', 'to:node4', '4 7 8 9'],
    ['B5: nodes by name, and nothing around them', 'node4 p/node5', '4 5'],
    ['B7: up to an asset', 'to:p.f', '4 7 8 9'],
    ['B8: several starts add up', 'from:node3 from:node2', '1 2 3'],
    ['B10: from assets, without what writes them', 'p.f+ p.h+ --exclude p.f --exclude p.h', '1 2 3'],
    ['B11: several ends add up', 'to:p.f to:p.h', '4 7 8 9'],
    ['B13: a slice intersects the rest', 'from:node8 to:node3 node3', '3'],
    ['B17: what reads an asset directly', 'p.h+1 --exclude p.h', '1 2'],
  ])('%s', async (_, selection, expected) => {
    expect(await nodes(selection)).toBe(expected)
  })

  test('B1: no selection is every node, and the app stays as it is', async () => {
    const before = [...graph.nodes]
    const { nodes: all } = await select(graph, '')
    expect([...all]).toEqual(before)
    expect(all).not.toBe(graph.nodes)
    expect(graph.nodes).toEqual(before)
  })

  test('B14: parts that leave nothing are an error where it is planned, never an empty run', async () => {
    const { nodes: none, empty } = await select(graph, 'from:node8,to:node3,node3,to:node4')
    expect(none.size).toBe(0)
    expect(empty).toMatchObject({
      code: 'SELECTION_EMPTY',
      message: expect.stringContaining('selects nothing'),
    })
  })

  test('B16: all names that are unknown are told, in order, and no other', async () => {
    for (const end of ['from', 'to']) {
      const error: AggregateError = (await select(graph, `${end}:p.z ${end}:p.w ${end}:p.e ${end}:p.c`).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )) as never
      expect(error.errors.map((each: Error) => each.message)).toEqual([
        "No asset of the app is named 'p.w'.",
        "No asset of the app is named 'p.z'.",
      ])
    }
  })

  test('B19: tags with a blank between them add up; one that nothing has is told and adds nothing; none is all', async () => {
    const own = tagged({ 'p.i': ['tag1', 'tag2'], 'p.f': ['tag2'], 'p.d': ['tag1'] })
    const of = async (selection: string): Promise<string> =>
      (await selected(own, selection)).replaceAll('node', '')
    expect(await of('tag:tag1')).toBe('2 6')
    expect(await of('tag:tag2')).toBe('2 4')
    expect(await of('tag:tag2 tag:tag1')).toBe('2 4 6')
    expect(await of('tag:tag1 tag:tag2 tag:tag-missing')).toBe('2 4 6')
    expect(await of('tag:tag-missing')).toBe('')
    expect((await select(own, 'tag:tag-missing')).notices).toHaveLength(1)
    expect((await select(own, '')).nodes.size).toBe(9)
  })

  test('B22: a domain is matched as a whole', async () => {
    const own = graphOf(pipelineOf('d', ['one: -> x.a', 'two: x.a -> xx.b', 'three: xx.b -> x_y.c']))
    expect(await selected(own, 'domain:x')).toBe('one')
    expect(await selected(own, 'domain:xx')).toBe('two')
  })

  test('B23: an unknown domain is an error with the nearest', async () => {
    await expect(select(graph, 'domain:pp')).rejects.toMatchObject({
      code: 'SELECTION_UNKNOWN',
      message: "No asset of the app is of the domain 'pp'; there are p. Did you mean 'p'?",
    })
  })
})

const ladies = ['alice', 'candace', 'fiona']
const family = graphOf(
  pipelineOf(
    's',
    [
      'alice: planets.earth -> ladies.alice',
      'bob: ladies.alice -> gentlemen.bob',
      'candace: ladies.alice -> ladies.candace',
      'danny: ladies.candace -> gentlemen.danny',
      'edgar: gentlemen.danny -> gentlemen.edgar',
      'fiona: gentlemen.danny -> ladies.fiona',
      'george: gentlemen.bob, ladies.fiona -> gentlemen.george',
      'robots: -> toys.rosie, toys.r2d2, toys.walle',
      'aliens: -> toys.zorg, toys.zapp',
      'zebra: -> animals.zebra',
    ],
    { sources: ['planets.earth'] },
  ),
)
const jobs = {
  one: { select: 'ladies.alice gentlemen.bob' },
  two: { select: ['gentlemen.bob', 'ladies.candace'] },
  both: { select: 'domain:ladies gentlemen.bob', exclude: 'domain:ladies' },
}

describe('assets', () => {
  test.each([
    ['O2: all that is made from it', 'ladies.candace+', 'candace danny edgar fiona george'],
    ['O2: one level of it', 'ladies.candace+1', 'candace danny'],
    ['O4: made from a domain, without it', 'domain:gentlemen+ --exclude domain:gentlemen', 'fiona'],
    ['O4: and of the other', 'domain:ladies+ --exclude domain:ladies', 'bob danny edgar george'],
    [
      'O4: what a domain is made from, without it',
      '+domain:gentlemen --exclude domain:gentlemen',
      'alice candace fiona',
    ],
    ['O4: and the other', '+domain:ladies --exclude domain:ladies', 'danny'],
    ['O7: one of several outputs selects the node', 'toys.rosie', 'robots'],
    ['O7: whatever is selected of them', 'toys.zorg toys.zapp', 'aliens'],
    ['O8: a glob', 'animals.*', 'zebra'],
    ['O8: comma', 'job:one,job:two', 'bob'],
    ['O8: blank', 'job:one job:two', 'alice bob candace'],
    ['O8: --exclude', 'job:one --exclude gentlemen.bob', 'alice'],
    ['O8: a job that excludes', 'job:both', 'bob'],
    ['O8: all of it excluded', 'domain:ladies --exclude domain:ladies', ''],
    ['O13: one level down', 'ladies.alice+1', 'alice bob candace'],
    ['O14: all up', '+gentlemen.danny', 'alice candace danny'],
    ['O14: all down', 'gentlemen.danny+', 'danny edgar fiona george'],
    [
      'O16: on the way from one to another',
      'ladies.candace+,+gentlemen.george',
      'candace danny fiona george',
    ],
    [
      'O16: + before comma, comma before blank',
      'ladies.candace+,+gentlemen.edgar animals.zebra',
      'candace danny edgar zebra',
    ],
    [
      'O17: all but one',
      '--exclude toys.rosie --exclude domain:gentlemen',
      'alice aliens candace fiona zebra',
    ],
    ['O20: globs stand for names', '*.alice gentlemen.?an*', 'alice danny'],
  ])('%s', async (_, selection, expected) => {
    expect(await selected(family, selection, jobs)).toBe(expected)
  })

  test('O1: a source is selected by its name, and has no step', async () => {
    expect(await selected(family, 'domain:ladies domain:planets')).toBe(ladies.join(' '))
    const { nodes: none, unbuilt, notices } = await select(family, 'planets.earth')
    expect([none.size, [...unbuilt]]).toEqual([0, ['planets.earth']])
    expect(notices[0]).toContain('is not built here')
  })

  test('O8: a glob that matches nothing is an error', async () => {
    await expect(select(family, 'plants.*')).rejects.toMatchObject({ code: 'SELECTION_UNKNOWN' })
  })

  test('O20: a glob behind a selector is a name that is not there', async () => {
    await expect(select(family, 'domain:l*')).rejects.toMatchObject({ code: 'SELECTION_UNKNOWN' })
    expect((await select(family, 'tag:*')).nodes.size).toBe(0)
  })
})

const siblings = (n: number): readonly string[] => ['nightly', 'deprecated', `test${n}`]
const dbt = graphOf(
  pipelineOf(
    'dbt',
    [
      'grandparent: -> dbt.grandparent',
      'another_grandparent: -> dbt.another_grandparent',
      'parent: dbt.grandparent, dbt.another_grandparent -> dbt.parent',
      'child: dbt.parent -> dbt.child',
      'sibling1: dbt.parent -> dbt.sibling1',
      'sibling2: dbt.parent -> dbt.sibling2',
      'sibling3: dbt.parent -> public.sibling3',
      'orphaned: -> dbt.orphaned',
    ],
    {
      tags: {
        'dbt.grandparent': ['has_child'],
        'dbt.parent': ['has_child', 'is_child'],
        'dbt.child': ['nightly', 'is_child'],
        'dbt.sibling1': siblings(1),
        'dbt.sibling2': siblings(2),
        'public.sibling3': siblings(3),
      },
    },
  ),
)
const three = 'sibling1 sibling2 sibling3'

describe('dbt', () => {
  test.each([
    ['T1: a tag', 'tag:has_child', 'grandparent parent'],
    ['T7: all down', 'dbt.grandparent+', `child grandparent parent ${three}`],
    ['T7: one level down', 'dbt.grandparent+1', 'grandparent parent'],
    ['T8: blank', 'dbt.grandparent+1 dbt.parent+1', `child grandparent parent ${three}`],
    ['T8: comma', 'dbt.grandparent+1,dbt.parent+1', 'parent'],
    ['T11: levels go with tags', '1+tag:deprecated', `parent ${three}`],
    ['T13: all but what is around', '--exclude @dbt.parent', 'orphaned'],
    ['T13: up, but for a tag', '+dbt.child --exclude tag:has_child', 'another_grandparent child'],
    ['T13: all but a tag', '--exclude tag:has_child', `another_grandparent child orphaned ${three}`],
    ['T14: a dot is part of the name', 'public.sibling3', 'sibling3'],
    ['T14: up from it', '+public.sibling3', 'another_grandparent grandparent parent sibling3'],
    ['T14: without it', 'tag:deprecated --exclude public.sibling3', 'sibling1 sibling2'],
    ['T14: around it', '@public.sibling3', 'another_grandparent grandparent parent sibling3'],
  ])('%s', async (_, selection, expected) => {
    expect(await selected(dbt, selection)).toBe(expected)
  })

  test('T4: tags that no asset has together leave nothing, which is an error where it is planned', async () => {
    const { nodes: none, empty } = await select(dbt, 'tag:has_child,tag:nightly')
    expect([none.size, empty?.code]).toEqual([0, 'SELECTION_EMPTY'])
  })

  test('T16: an unknown selector is an error, with the nearest', async () => {
    await expect(select(dbt, 'config.invalid_config:test+')).rejects.toMatchObject({
      code: 'SELECTION_SYNTAX',
      message: expect.stringContaining("no selector 'config.invalid_config:'"),
    })
    await expect(select(dbt, 'tags:nightly')).rejects.toThrow("Did you mean 'tag'?")
  })
})

describe('pipelines', () => {
  const two = graphOf(pipelineOf('one', ['a: -> x.a']), pipelineOf('two', ['b: x.a -> x.b']))

  test('W3: one pipeline of those that the app lists', async () => {
    expect(await selected(two, 'pipeline:one')).toBe('a')
  })

  test('W5: an unknown pipeline is an error with the nearest', async () => {
    await expect(select(two, 'pipeline:on')).rejects.toThrow("'on'; there are one, two. Did you mean 'one'?")
  })
})

import { describe, expect, test } from 'vitest'
import { argumentsOf, invokedArguments } from './arguments.ts'
import { createDbt } from './create-dbt.ts'
import { checkedConfig } from './options.ts'

describe('argumentsOf', () => {
  test('each option of a build reaches dbt', () => {
    const config = checkedConfig('build', {
      select: ['marts', '+orders'],
      exclude: 'tag:slow',
      selector: 'nightly',
      resourceTypes: ['model', 'test'],
      indirectSelection: 'cautious',
      state: '/prod',
      defer: true,
      fullRefresh: true,
      failFast: true,
      warnError: true,
      storeFailures: true,
      profile: 'shop',
      target: 'prod',
      threads: 4,
      vars: { day: '2026-01-02', sizes: [1, 2] },
    })
    expect(argumentsOf('build', config, {}, 1)).toEqual([
      'build',
      '--select=marts +orders',
      '--exclude=tag:slow',
      '--selector=nightly',
      '--resource-type=model',
      '--resource-type=test',
      '--indirect-selection=cautious',
      '--state=/prod',
      '--defer',
      '--full-refresh',
      '--fail-fast',
      '--warn-error',
      '--store-failures',
      '--profile=shop',
      '--target=prod',
      '--threads=4',
      '--vars={"day":"2026-01-02","sizes":[1,2]}',
    ])
  })

  test('what a call says counts instead of the options, and variables add up', () => {
    const options = { target: 'dev', threads: 1, vars: { a: 1, b: 1 } }
    expect(argumentsOf('run', { target: 'prod', vars: { b: 2 } }, options, 1)).toEqual([
      'run',
      '--target=prod',
      '--threads=1',
      '--vars={"a":1,"b":2}',
    ])
  })

  test('variables are YAML 1.1, too: what is a line break there, or no character, is escaped', () => {
    const [, vars] = argumentsOf('build', { vars: { a: 'x\u2028y\u0085z\u007f ü😀' } }, {}, 1)
    expect(vars).toBe(String.raw`--vars={"a":"x\u2028y\u0085z\u007f ü😀"}`)
  })

  test('docs are another command in the second generation', () => {
    expect(argumentsOf('docs', {}, {}, 1)).toEqual(['docs', 'generate'])
    expect(argumentsOf('docs', {}, {}, 2)).toEqual(['compile', '--write-catalog'])
  })
})

describe('options that are wrong are told at once', () => {
  const dbt = createDbt({ projectDir: '.' })
  test.each([
    [() => createDbt({} as never), 'projectDir'],
    [() => createDbt({ projectDir: '.', threads: 0 }), 'threads'],
    [() => createDbt({ projectDir: '.', projectdir: '.' } as never), 'projectdir'],
    [() => dbt.build({ select: [] }), 'select'],
    [() => dbt.run({ fullRefresh: 'yes' } as never), 'fullRefresh'],
    [() => dbt.test({ fullRefresh: true } as never), 'fullRefresh'],
    [() => dbt.deps({ select: 'marts' } as never), 'select'],
    [() => dbt.invoke('debug' as never), 'expected array'],
    [() => createDbt({ projectDir: '.', connection: { path: 'x' } } as never), 'connection.type'],
    [() => createDbt({ projectDir: '.', credentials: { password: 'x' } }), 'credentials'],
  ])('%s', (call, named) => {
    expect(call).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(named) as string }),
    )
  })
})

describe('invokedArguments', () => {
  const options = { profile: 'shop', target: 'prod', threads: 4, vars: { a: 1 } }
  test.each([
    [
      ['show', '--inline', 'select 1'],
      ['--profile=shop', '--target=prod', '--threads=4', '--vars={"a":1}'],
    ],
    [['debug'], ['--profile=shop', '--target=prod', '--vars={"a":1}']],
    [['run', '-t', 'dev', '--threads', '1', '--vars={}'], ['--profile=shop']],
    [
      ['retry', '--target=dev'],
      ['--threads=4', '--vars={"a":1}'],
    ],
    [['init', 'shop'], []],
    [['--version'], []],
  ])('%j gets %j', (given, more) => expect(invokedArguments(given, options)).toEqual([...given, ...more]))
})

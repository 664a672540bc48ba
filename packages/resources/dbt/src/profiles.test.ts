import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkProfile, makeProfile, profilesDirOf, readProjectFile } from './profiles.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'levada-profiles-'))))
afterEach(() => rmSync(dir, { recursive: true }))
const write = (name: string, content: string): void => writeFileSync(join(dir, name), content)

describe('readProjectFile', () => {
  test('name and profile', async () => {
    write('dbt_project.yml', 'name: shop\nprofile: warehouse\n')
    expect(await readProjectFile(dir)).toMatchObject({ name: 'shop', profile: 'warehouse' })
  })

  test('a folder without one', async () => {
    await expect(readProjectFile(dir)).rejects.toMatchObject({
      code: 'DBT_PROJECT',
      message: `There is no dbt project in ${dir}: it has no dbt_project.yml.`,
    })
  })

  test('one that is no YAML, with the place', async () => {
    write('dbt_project.yml', 'name: shop\nprofile: [warehouse\n')
    await expect(readProjectFile(dir)).rejects.toMatchObject({
      code: 'DBT_PROJECT',
      place: { file: join(dir, 'dbt_project.yml') },
    })
  })
})

describe('checkProfile', () => {
  const profiles = 'shop:\n  target: dev\n  outputs:\n    dev: { type: duckdb }\n    prod: { type: duckdb }\n'

  test('what is there passes, and what Jinja computes is left to dbt', async () => {
    write('profiles.yml', profiles)
    await checkProfile(dir, 'shop', undefined)
    await checkProfile(dir, 'shop', 'prod')
    await checkProfile(dir, "{{ env_var('P') }}", 'x')
    await checkProfile(dir, 'shop', "{{ env_var('T') }}")
  })

  test('no file, no profile, no target: each says what to do', async () => {
    await expect(checkProfile(dir, 'shop', undefined)).rejects.toMatchObject({
      code: 'DBT_PROFILE',
      message: `There is no ${join(dir, 'profiles.yml')}.`,
    })
    write('profiles.yml', profiles)
    await expect(checkProfile(dir, 'shpo', undefined)).rejects.toMatchObject({
      code: 'DBT_PROFILE',
      message: expect.stringContaining("Did you mean 'shop'?") as string,
      hint: expect.stringContaining('the file has: shop') as string,
    })
    await expect(checkProfile(dir, 'shop', 'prd')).rejects.toMatchObject({
      code: 'DBT_PROFILE',
      message: expect.stringContaining("no target 'prd'. Did you mean 'prod'?") as string,
      hint: expect.stringContaining('dev, prod') as string,
    })
  })

  test('a file that is no YAML is told without its lines, which may hold passwords', async () => {
    write('profiles.yml', 'shop:\n  password: canary\n  - x\n')
    const error: unknown = await checkProfile(dir, 'shop', undefined).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'DBT_PROFILE', place: { line: expect.any(Number) as number } })
    expect(`${JSON.stringify(error)} ${String(error)}`).not.toContain('canary')
  })
})

test('profilesDirOf looks where dbt does', () => {
  const env = { HOME: '/any/home' }
  expect(profilesDirOf(dir, '/conf', { ...env, DBT_PROFILES_DIR: '/env' })).toBe('/conf')
  expect(profilesDirOf(dir, undefined, { ...env, DBT_PROFILES_DIR: '/env' })).toBe('/env')
  expect(profilesDirOf(dir, undefined, env)).toBe('/any/home/.dbt')
  write('profiles.yml', '')
  expect(profilesDirOf(dir, undefined, env)).toBe(dir)
})

test('a profile that is made has no credential in its file', async () => {
  mkdirSync(join(dir, 'run'))
  const made = await makeProfile(
    join(dir, 'run'),
    'shop',
    'prod',
    { type: 'postgres', host: 'db', port: 5432 },
    { password: 'canary' },
  )
  expect(made.env).toEqual({ DBT_ENV_SECRET_LEVADA_PASSWORD: 'canary' })
  const written = readFileSync(join(made.profilesDir, 'profiles.yml'), 'utf8')
  expect(written).not.toContain('canary')
  expect(written).toContain("{{ env_var('DBT_ENV_SECRET_LEVADA_PASSWORD') }}")
  await checkProfile(made.profilesDir, 'shop', 'prod')
})

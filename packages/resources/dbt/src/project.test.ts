import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cleanArtifacts } from './project.ts'

let outside: string
let dir: string
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'levada-clean-'))
  dir = join(outside, 'project')
  mkdirSync(join(outside, 'precious'))
  writeFileSync(join(outside, 'precious/file'), '')
  mkdirSync(dir)
  project()
})
afterEach(() => rmSync(outside, { recursive: true }))
const project = (cleanTargets = ''): void =>
  writeFileSync(join(dir, 'dbt_project.yml'), `name: shop\n${cleanTargets}`)
const folder = (name: string): void => void mkdirSync(join(dir, name), { recursive: true })

describe('cleanArtifacts', () => {
  test('removes the target folder, and says so', async () => {
    folder('target/levada/20260102T030405678Z-0a1b2c-build')
    expect(await cleanArtifacts(dir, undefined)).toEqual(['target'])
    expect(existsSync(join(dir, 'target'))).toBe(false)
    expect(await cleanArtifacts(dir, undefined)).toEqual([])
  })

  test('removes what clean-targets names', async () => {
    project('clean-targets: [dbt_packages, out]\n')
    folder('dbt_packages/x')
    folder('out')
    folder('models')
    expect(await cleanArtifacts(dir, undefined)).toEqual(['dbt_packages', 'out'])
    expect(existsSync(join(dir, 'models'))).toBe(true)
  })

  test.each(['../precious', '.', '..', 'x/../../precious'])('refuses %s', async (name) => {
    project(`clean-targets: ["${name}"]\n`)
    await expect(cleanArtifacts(dir, undefined)).rejects.toMatchObject({ code: 'DBT_PROJECT' })
    expect(existsSync(join(outside, 'precious/file'))).toBe(true)
    expect(existsSync(join(dir, 'dbt_project.yml'))).toBe(true)
  })

  test.each([
    ['models', 'clean-targets: [target, models]'],
    ['src', 'model-paths: [src/models]\nclean-targets: [target, src]'],
    ['seeds/', 'clean-targets: [target, seeds/]'],
  ])('refuses %s, which has sources, and removes nothing', async (_, lines) => {
    project(`${lines}\n`)
    folder('target')
    await expect(cleanArtifacts(dir, undefined)).rejects.toMatchObject({ code: 'DBT_PROJECT' })
    expect(existsSync(join(dir, 'target'))).toBe(true)
  })

  test('removes a link, and not what it leads to', async () => {
    symlinkSync(join(outside, 'precious'), join(dir, 'target'))
    expect(await cleanArtifacts(dir, undefined)).toEqual(['target'])
    expect(existsSync(join(outside, 'precious/file'))).toBe(true)
  })

  test('removes a link inside of a folder, and not what it leads to', async () => {
    folder('target')
    symlinkSync(join(outside, 'precious'), join(dir, 'target/link'))
    await cleanArtifacts(dir, undefined)
    expect(existsSync(join(outside, 'precious/file'))).toBe(true)
  })

  test('refuses a folder behind a link', async () => {
    mkdirSync(join(outside, 'precious/target'))
    symlinkSync(join(outside, 'precious'), join(dir, 'link'))
    project('clean-targets: [link/target]\n')
    await expect(cleanArtifacts(dir, undefined)).rejects.toMatchObject({ code: 'DBT_PROJECT' })
    expect(existsSync(join(outside, 'precious/target'))).toBe(true)
  })

  test('of a folder that was named only what commands made in it', async () => {
    const targetDir = join(outside, 'runs')
    mkdirSync(join(targetDir, '20260102T030405678Z-0a1b2c-build'), { recursive: true })
    writeFileSync(join(targetDir, 'notes.txt'), '')
    await cleanArtifacts(dir, targetDir)
    expect(existsSync(join(targetDir, 'notes.txt'))).toBe(true)
    expect(existsSync(join(targetDir, '20260102T030405678Z-0a1b2c-build'))).toBe(false)
  })
})

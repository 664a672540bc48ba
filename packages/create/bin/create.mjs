#!/usr/bin/env node
// Any Node from 20 on has to be able to run it: the workspace gets a newer one of its own where that is needed.
import { existsSync } from 'node:fs'

const source = new URL('../src/main.ts', import.meta.url)
const { main } = await import(existsSync(source) ? source.href : '../dist/main.js')
process.exitCode = await main(process.argv.slice(2))

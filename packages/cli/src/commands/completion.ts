import type { Command } from 'commander'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { wordsOf, type Words } from '../completion/words.ts'
import { zshScript } from '../completion/zsh.ts'

type Shell = 'bash' | 'zsh' | 'fish'

const scripts: Readonly<Record<Shell, (all: readonly Words[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** Prints what a shell has to read. */
export function completion(shell: Shell, program: Command): number {
  console.log(scripts[shell](wordsOf(program)).trimEnd())
  return 0
}

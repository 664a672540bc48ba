import type { Command } from 'commander'

/** What can follow the words of a command. */
export interface Words {
  /** The words so far, each after a blank: ` contract show`; empty for the command itself. */
  readonly at: string
  readonly commands: readonly Word[]
  readonly options: readonly (Word & { readonly takesValue: boolean })[]
  /** What its argument may be, where that is known. */
  readonly choices: readonly string[]
  /** Whether its argument names assets. */
  readonly assets: boolean
}

export interface Word {
  readonly name: string
  readonly description: string
}

/** Everything that a command line may say, from the program itself. */
export function wordsOf(command: Command, at = ''): readonly Words[] {
  const [argument] = command.registeredArguments
  const inner = command.commands
  return [
    {
      at,
      commands: inner.map((each) => ({ name: each.name(), description: each.description() })),
      options: [
        ...command.options.map(({ long, description, required, optional }) => ({
          name: long!,
          description,
          takesValue: required || optional,
        })),
        { name: '--help', description: 'say what there is', takesValue: false },
      ],
      choices: argument?.argChoices ?? [],
      assets: argument !== undefined && ['asset', 'selection'].includes(argument.name()),
    },
    ...inner.flatMap((each) => wordsOf(each, `${at} ${each.name()}`)),
  ]
}

/** The names of the app's assets, one a line; none outside of an app. */
export const listAssets = (command: string): string =>
  `${command} list --json 2>/dev/null | sed -n 's/^ *"asset": "\\(.*\\)",*$/\\1/p'`

/** A text of a shell, in single quotes. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

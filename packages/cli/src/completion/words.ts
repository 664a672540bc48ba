import type { Command } from 'commander'

/** What can follow the words of a command. */
export interface Words {
  /** The words so far, each after a blank: ` contract show`; empty for the command itself. */
  readonly at: string
  readonly commands: readonly Word[]
  readonly options: readonly (Word & { readonly takes: 'nothing' | 'value' | 'selection' })[]
  /** What its argument may be, where that is known. */
  readonly choices: readonly string[]
  /** What its argument names. */
  readonly names: 'assets' | 'selectors' | undefined
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
        ...command.options.map(({ long, description, flags, required, optional }) => ({
          name: long!,
          description,
          takes: flags.endsWith('<selection>')
            ? ('selection' as const)
            : required || optional
              ? ('value' as const)
              : ('nothing' as const),
        })),
        { name: '--help', description: 'say what there is', takes: 'nothing' as const },
      ],
      choices: argument?.argChoices ?? [],
      // Of what takes a kind first, it comes behind that.
      names: command.registeredArguments.some((each) => each.name() === 'selection')
        ? 'selectors'
        : argument?.name() === 'asset'
          ? 'assets'
          : undefined,
    },
    ...inner.flatMap((each) => wordsOf(each, `${at} ${each.name()}`)),
  ]
}

/** The names of the app's assets, one a line; none outside of an app. */
export const listAssets = (command: string): string => listed(command, 'assets', 'asset')

/** What a selection may name, one a line; none outside of an app. */
export const listSelectors = (command: string): string => listed(command, 'selectors', 'selector')

const listed = (command: string, kind: string, key: string): string =>
  `${command} list ${kind} --json 2>/dev/null | sed -n 's/^ *"${key}": "\\([^"]*\\)",*$/\\1/p'`

/** A text of a shell, in single quotes. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

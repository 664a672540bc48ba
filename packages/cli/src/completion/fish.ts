import { listAssets, listSelectors, quoted, type Words } from './words.ts'

/** For `levada completion fish | source`. In fish, a backslash in single quotes stands for itself but before a quote or another one. */
export function fishScript(all: readonly Words[]): string {
  const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = all.flatMap(({ at, commands, options, choices, names }) => {
    const here = `complete -c levada -n ${text(`__levada_at "${at}"`)}`
    return [
      ...commands.map(({ name, description }) => `${here} -f -a ${name} -d ${text(description)}`),
      ...choices.map((name) => `${here} -f -a ${name}`),
      ...options.map(
        ({ name, description, takes }) =>
          `${here} -l ${name.slice('--'.length)}${{ nothing: '', value: ' -r', selection: ` -x -a '(__levada_selectors)'` }[takes]} -d ${text(description)}`,
      ),
      ...(names ? [`${here} -f -a '(__levada_${names})'`] : []),
    ]
  })
  return `# Completion of levada for fish: levada completion fish | source
function __levada_at
    set -l at ''
    for word in (commandline -opc)[2..]
        switch "$at $word"
            case ${all.flatMap(({ at }) => (at === '' ? [] : quoted(at))).join(' ')}
                set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end
function __levada_assets
    ${listAssets('levada')}
end
function __levada_selectors
    set -l word (commandline -ct)
    set -l before (string replace -r '[^,+@]*$' '' -- $word)
    set before $before(string match -r '^(?:from:|to:)' -- (string replace -r '.*[,+@]' '' -- $word); or echo)
    for name in (${listSelectors('levada')})
        echo $before$name
    end
end
${lines.join('\n')}
`
}

import { listAssets, quoted, type Words } from './words.ts'

/** For `source <(levada completion bash)`. */
export function bashScript(all: readonly Words[]): string {
  const cases = all.map(({ at, commands, options, choices, assets }) => {
    const words = [...commands, ...options].map(({ name }) => name)
    const valued = options.filter(({ takesValue }) => takesValue).map(({ name }) => name)
    const set = [
      `words=${quoted([...words, ...choices].join(' '))}`,
      `valued=${quoted(` ${valued.join(' ')} `)}`,
      `assets=${assets ? 1 : ''}`,
    ]
    return `    ${quoted(at)}) ${set.join(' ')} ;;`
  })
  return `# Completion of levada for bash: source <(levada completion bash)
_levada() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} at='' words='' valued='' assets='' plus='' i
  local app=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == --app ]] && app=(--app "\${COMP_WORDS[i + 1]}")
    case "$at \${COMP_WORDS[i]}" in
      ${all.flatMap(({ at }) => (at === '' ? [] : quoted(at))).join(' | ')}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  COMPREPLY=()
  # The value of an option: a file, as anywhere.
  [[ $valued == *" $prev "* ]] && return
  [[ $cur == +* ]] && plus=+ cur=\${cur#+}
  [[ $assets && $cur != -* ]] && words+=" $(${listAssets('"${COMP_WORDS[0]}"').replace('list', 'list "${app[@]}"')})"
  COMPREPLY=($(compgen -P "$plus" -W "$words" -- "$cur"))
}
complete -o default -F _levada levada
`
}

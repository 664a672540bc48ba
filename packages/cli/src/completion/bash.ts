import { listAssets, listSelectors, quoted, type Words } from './words.ts'

/** For `source <(levada completion bash)`. */
export function bashScript(all: readonly Words[]): string {
  const cases = all.map(({ at, commands, options, choices, names }) => {
    const words = [...commands, ...options].map(({ name }) => name)
    const valued = options.filter(({ takes }) => takes === 'value').map(({ name }) => name)
    const set = [
      `words=${quoted([...words, ...choices].join(' '))}`,
      `valued=${quoted(` ${valued.join(' ')} `)}`,
      `names=${names ?? ''}`,
    ]
    return `    ${quoted(at)}) ${set.join(' ')} ;;`
  })
  return `# Completion of levada for bash: source <(levada completion bash)
_levada() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} at='' words='' valued='' names='' whole before='' i
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
  # The whole word: bash splits it at : and @, and replaces what is behind those only.
  whole=\${COMP_LINE:0:COMP_POINT} whole=\${whole##*[[:space:]]}
  [[ $whole != *"$cur" ]] && whole=$cur
  [[ $cur == [:@] ]] && cur=
  local split=\${whole%"$cur"}
  if [[ $names == selectors ]]; then
    before=\${whole%"\${whole##*[,+@]}"}
    [[ \${whole#"$before"} == from:* ]] && before+=from:
    [[ \${whole#"$before"} == to:* ]] && before+=to:
  fi
  case "$cur $names" in
    -*) ;;
    *assets) words+=" $(${listAssets('"${COMP_WORDS[0]}"').replace('list', 'list "${app[@]}"')})" ;;
    *selectors) words+=" $(${listSelectors('"${COMP_WORDS[0]}"').replace('list', 'list "${app[@]}"')})" ;;
  esac
  COMPREPLY=($(compgen -P "$before" -W "$words" -- "\${whole#"$before"}"))
  COMPREPLY=("\${COMPREPLY[@]#"$split"}")
}
complete -o default -F _levada levada
`
}

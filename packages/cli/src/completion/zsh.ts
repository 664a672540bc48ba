import { listAssets, listSelectors, quoted, type Word, type Words } from './words.ts'

const described = ({ name, description }: Word): string =>
  quoted(`${name.replaceAll(':', String.raw`\:`)}:${description.replaceAll(':', String.raw`\:`)}`)

/** For `source <(levada completion zsh)`, after `compinit`. */
export function zshScript(all: readonly Words[]): string {
  const cases = all.map(({ at, commands, options, choices, names }) => {
    const words = [...commands, ...choices.map((name) => ({ name, description: '' })), ...options]
    const valued = options.filter(({ takes }) => takes === 'value').map(({ name }) => name)
    return `    ${quoted(at)}) list=(${words.map(described).join(' ')}) valued=${quoted(` ${valued.join(' ')} `)} named=${names ?? ''} ;;`
  })
  return `#compdef levada
# Completion of levada for zsh: source <(levada completion zsh)
_levada() {
  local at='' valued='' named='' word
  local -a list
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${all.flatMap(({ at }) => (at === '' ? [] : quoted(at))).join(' | ')}) at="$at $word" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  # The value of an option: a file, as anywhere.
  if [[ $valued == *" $words[CURRENT-1] "* ]]; then _files; return; fi
  _describe levada list
  [[ $words[CURRENT] == -* ]] && return
  case $named in
    assets) compadd -- \${(f)"$(${listAssets('$words[1]')})"} ;;
    selectors)
      compset -P '*[,+@]'
      compset -P 'from:' || compset -P 'to:'
      compadd -- \${(f)"$(${listSelectors('$words[1]')})"} ;;
  esac
}
compdef _levada levada
`
}

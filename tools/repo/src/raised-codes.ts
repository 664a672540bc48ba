import { parseSync, Visitor } from 'oxc-parser'
import type { Argument, Expression, ParamPattern, PropertyKey } from 'oxc-parser'
import { isTest } from './directions.ts'
import type { Project } from './workspace.ts'

/** Where each code is raised: as the first argument of `new LevadaError(…)`, or of a function whose first parameter is a code. */
export function raisedCodes(projects: readonly Project[]): ReadonlyMap<string, readonly string[]> {
  const files = projects
    .filter(({ private: unpublished, name }) => !unpublished && name !== '@levada/testing')
    .flatMap(({ dir, files: all }) =>
      Object.entries(all)
        .filter(([file]) => file.startsWith('src/') && !isTest(file))
        .map(([file, text]) => ({ file: `${dir}/${file}`, program: parseSync(file, text).program })),
    )
  const raisers = new Set(['LevadaError'])
  const named = (name: string | undefined, [first]: readonly ParamPattern[]): void => {
    if (name !== undefined && first && takesCode(first)) raisers.add(name)
  }
  for (const { program } of files)
    new Visitor({
      FunctionDeclaration: ({ id, params }) => named(id?.name, params),
      VariableDeclarator({ id, init }) {
        if (init?.type === 'ArrowFunctionExpression' && id.type === 'Identifier') named(id.name, init.params)
      },
      MethodDefinition: ({ key, value }) => named(propertyName(key), value.params),
    }).visit(program)
  const raised = new Map<string, string[]>()
  for (const { file, program } of files) {
    const raise = (callee: Expression, [first]: readonly Argument[]): void => {
      if (!first || !raisers.has(nameOf(callee) ?? '')) return
      for (const code of literals(first)) raised.set(code, [...(raised.get(code) ?? []), file])
    }
    new Visitor({
      NewExpression: ({ callee, arguments: values }) => raise(callee, values),
      CallExpression: ({ callee, arguments: values }) => raise(callee, values),
    }).visit(program)
  }
  return raised
}

/** Sentences about codes of the table that nothing raises, and about those that are raised but not in it. */
export function checkCodes(
  table: readonly string[],
  raised: ReadonlyMap<string, readonly string[]>,
): string[] {
  return [
    ...table
      .filter((code) => !raised.has(code))
      .map((code) => `${code} is in the table, but nothing raises it`),
    ...[...raised].flatMap(([code, files]) =>
      table.includes(code) ? [] : [`${code} is raised by ${files[0]}, but not in the table`],
    ),
  ]
}

function takesCode(parameter: ParamPattern): boolean {
  const type = 'typeAnnotation' in parameter ? parameter.typeAnnotation?.typeAnnotation : undefined
  return (
    type?.type === 'TSTypeReference' &&
    type.typeName.type === 'Identifier' &&
    type.typeName.name === 'ErrorCode'
  )
}

function nameOf(callee: Expression): string | undefined {
  if (callee.type === 'Identifier') return callee.name
  return callee.type === 'MemberExpression' ? propertyName(callee.property) : undefined
}

function propertyName(key: PropertyKey): string | undefined {
  return key.type === 'Identifier' || key.type === 'PrivateIdentifier' ? key.name : undefined
}

function literals(value: Argument): readonly string[] {
  if (value.type === 'Literal') return typeof value.value === 'string' ? [value.value] : []
  return value.type === 'ConditionalExpression'
    ? [...literals(value.consequent), ...literals(value.alternate)]
    : []
}

/** A mistake that could be made in the planner: what stands once in a file of core, and what would stand there instead. */
export interface Plant {
  readonly name: string
  /** Below packages/core/src. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

export const plants: readonly Plant[] = [
  {
    name: '--exclude excludes nothing',
    file: 'plan/evaluate-selection.ts',
    find: 'if (away[i] === 1) found[i] = 0',
    replace: 'if (away[i] === 2) found[i] = 0',
  },
  {
    name: 'a comma adds up',
    file: 'plan/evaluate-selection.ts',
    find: 'for (const other of others) intersect(first!, other)',
    replace: 'for (const other of others) for (let i = 0; i < other.length; i++) first![i]! |= other[i]!',
  },
  {
    name: 'x+1 goes a step too far',
    file: 'plan/evaluate-selection.ts',
    find: 'for (let level = 1; level < levels && next.length > 0; level++)',
    replace: 'for (let level = 0; level < levels && next.length > 0; level++)',
  },
  {
    name: '1+x goes a step too far',
    file: 'plan/evaluate-selection.ts',
    find: 'for (let level = 0; level < levels && next.length > 0; level++)',
    replace: 'for (let level = 0; level <= levels && next.length > 0; level++)',
  },
  {
    name: '@x forgets what else is needed by what x is needed for',
    file: 'plan/evaluate-selection.ts',
    find: 'around ? nodesIn(context, found) : nodesOf(context, start)',
    replace: 'nodesOf(context, start)',
  },
  {
    name: 'to: is no slice',
    file: 'plan/evaluate-selection.ts',
    find: "for (const method of ['from', 'to'] as const)",
    replace: "for (const method of ['from'] as const)",
  },
  {
    name: 'a node named by itself leads nowhere',
    file: 'plan/selection-names.ts',
    find: 'assets.push(...writes.values.subarray(writes.offsets[i], writes.offsets[i + 1]))',
    replace: '',
  },
  {
    name: 'a partition is not made again although this run makes what it reads',
    file: 'plan/decide.ts',
    find: 'found.push(...anew(madeAnew(key)))',
    replace: '',
  },
  {
    name: 'where one partition has changed, all are made',
    file: 'plan/decide.ts',
    find: '{ reasons: merged(reasons), partitions: changed, reasonsOf }',
    replace: '{ reasons: merged(reasons), partitions }',
  },
  {
    name: 'what has just arrived is not seen',
    file: 'plan/decide.ts',
    find: 'if (arrived.length > 0)',
    replace: 'if (arrived.length > 99)',
  },
  {
    name: 'changed inputs do not count',
    file: 'plan/decide.ts',
    find: "(name) => wanted.inputs[name] !== '' && stored.inputs[name] !== wanted.inputs[name]",
    replace: '() => false',
  },
  {
    name: 'changed code does not count',
    file: 'plan/decide.ts',
    find: "const parts = ['schema', 'code', 'checks', 'engine'] as const",
    replace: "const parts = ['schema', 'checks', 'engine'] as const",
  },
  {
    name: 'an input counts as made only when all that is read of it is',
    file: 'plan/decide-nodes.ts',
    find: 'read).some((each) => written.has(idOf(each)))',
    replace: 'read).every((each) => written.has(idOf(each)))',
  },
  {
    name: 'an input that is made as a whole does not count',
    file: 'plan/decide-nodes.ts',
    find: 'if (!made?.partitions || !key) return made !== undefined',
    replace: 'if (!made?.partitions || !key) return false',
  },
  {
    name: '--force forces nothing',
    file: 'plan/decide-nodes.ts',
    find: "request.mode === 'force'",
    replace: "request.mode === ('never' as string)",
  },
  {
    name: '--only-missing makes what reads what is made',
    file: 'plan/decide-nodes.ts',
    find: "madeAnew: mode === 'changed' ? madeAnew : () => []",
    replace: 'madeAnew',
  },
  {
    name: 'what a run of all left without rows is missing',
    file: 'plan/decide.ts',
    find: '?? (key && unlisted?.(key))',
    replace: '',
  },
  {
    name: 'what a run of all left without rows is never missing again',
    file: 'plan/decide-nodes.ts',
    find: 'madeAnew(key).length > 0 || readsElse(made, key) ? undefined : made',
    replace: 'made',
  },
  {
    name: 'a node without outputs is skipped',
    file: 'plan/decide-nodes.ts',
    find: 'lengthOf(writes, number) === 0 ||',
    replace: '',
  },
  {
    name: 'a window begins where the partition does',
    file: 'asset/mapping.ts',
    find: 'within(input, shift(grain, low, first), shift(grain, high, last))',
    replace: 'within(input, low, shift(grain, high, last))',
  },
  {
    name: 'the partition after a coarser one is read with it',
    file: 'asset/mapping.ts',
    find: 'partitionEnd(grain, high) - 1',
    replace: 'partitionEnd(grain, high)',
  },
  {
    name: 'the last partition of a window is left out',
    file: 'asset/mapping.ts',
    find: 'each <= high; each',
    replace: 'each < high; each',
  },
  {
    name: 'a range is without its last partition',
    file: 'asset/partition.ts',
    find: 'value <= last; value = nextPartition(grain, value)',
    replace: 'value < last; value = nextPartition(grain, value)',
  },
  {
    name: 'the state of an input is that of all of it',
    file: 'plan/provenance-now.ts',
    find: 'readPartitions(graph, node, name, key && [key])',
    replace: 'undefined',
  },
  {
    name: 'a step waits for the last only of those that make what it reads',
    file: 'plan/make-steps.ts',
    find: 'if (others) others.push(step)',
    replace: 'if (!step) others!.push(step)',
  },
  {
    name: 'what is skipped is taken for made by this run',
    file: 'plan/plan.ts',
    find: 'listed(index.writes, running).forEach((asset) => (written[asset] = 1))',
    replace: 'listed(index.writes, selected).forEach((asset) => (written[asset] = 1))',
  },
]

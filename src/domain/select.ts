import { RalphError } from './error.ts';
import { nearestWord } from './nearest.ts';
import { statuses } from './run-status.ts';

/** What of a run a selector can ask for. */
export interface SelectableRun {
  readonly id: string;
  readonly status: string;
  readonly task: string;
  readonly title: string;
  readonly backend: string;
  /** Model profile. */
  readonly profile: string;
  readonly repo: string;
  readonly loopScore: number;
  readonly iteration: number;
}
export interface Selector {
  /** Ids or unique prefixes of at least two characters. */
  readonly runs: readonly string[];
  readonly all: boolean;
  /** `status=running,task~login,loop>=0.7`; empty for none. */
  readonly filter: string;
}

const SHORTEST_PREFIX = 2;
const MOST_NAMED = 5;
const LONGEST_FILTER = 2000;

const texts = {
  id: (run: SelectableRun) => run.id,
  status: (run: SelectableRun) => run.status,
  task: (run: SelectableRun) => run.task,
  title: (run: SelectableRun) => run.title,
  backend: (run: SelectableRun) => run.backend,
  model: (run: SelectableRun) => run.profile,
  repo: (run: SelectableRun) => run.repo,
} as const;
const numbers = {
  loop: (run: SelectableRun) => run.loopScore,
  iteration: (run: SelectableRun) => run.iteration,
} as const;

/** The fields that `--filter` knows, for help and completion. */
export const filterFields: readonly string[] = [...Object.keys(texts), ...Object.keys(numbers)];

const isTextField = (field: string): field is keyof typeof texts => Object.hasOwn(texts, field);
const isNumberField = (field: string): field is keyof typeof numbers => Object.hasOwn(numbers, field);

const misuse = (message: string, hint: string): RalphError => new RalphError('usage', message, { hint });
const quoted = (text: string): string => JSON.stringify(text.slice(0, 60));
const meant = (word: string, known: readonly string[]): string => {
  const near = nearestWord(word, known);
  return near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean ${near}?`;
};

type Test = (run: SelectableRun) => boolean;

const textTest = (field: keyof typeof texts, operator: string, value: string): Test => {
  const read = texts[field];
  const wanted = value.split('|').map((one) => one.trim());
  if (operator === '~') {
    return (run) => wanted.some((one) => read(run).toLowerCase().includes(one.toLowerCase()));
  }
  if (operator !== '=' && operator !== '!=') {
    throw misuse(`${field} cannot be compared by ${operator}`, `Use ${field}=, ${field}!= or ${field}~.`);
  }
  const unknown = field === 'status' ? wanted.find((one) => !statuses.some((s) => s === one)) : undefined;
  if (unknown !== undefined) throw misuse(`unknown status ${quoted(unknown)}`, meant(unknown, statuses));
  return (run) => wanted.includes(read(run)) === (operator === '=');
};

const numberTest = (field: keyof typeof numbers, operator: string, value: string): Test => {
  const limit = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(limit))
    throw misuse(`${field} needs a number, not ${quoted(value)}`, `As in ${field}>=0.7`);
  const read = numbers[field];
  switch (operator) {
    case '=':
      return (run) => read(run) === limit;
    case '!=':
      return (run) => read(run) !== limit;
    case '>':
      return (run) => read(run) > limit;
    case '>=':
      return (run) => read(run) >= limit;
    case '<':
      return (run) => read(run) < limit;
    case '<=':
      return (run) => read(run) <= limit;
    default:
      throw misuse(`${field} cannot be compared by ${operator}`, `Use ${field}>=, <=, >, <, = or !=.`);
  }
};

const termTest = (term: string): Test => {
  const parts = /^([a-z_]+)\s*(!=|>=|<=|~|=|>|<)(.*)$/su.exec(term.trim());
  if (parts === null) {
    throw misuse(
      `the filter ${quoted(term)} is not a comparison`,
      'As in --filter status=running,task~login,loop>=0.7',
    );
  }
  const [, field = '', operator = '', value = ''] = parts;
  if (isTextField(field)) return textTest(field, operator, value);
  if (isNumberField(field)) return numberTest(field, operator, value);
  throw misuse(`unknown filter field ${quoted(field)}`, meant(field, filterFields));
};

/** A predicate from a filter text; terms joined by `,` must all hold, values joined by `|` are alternatives. Throws `usage`. */
export const parseFilter = (filter: string): Test => {
  if (filter.length > LONGEST_FILTER)
    throw misuse('the filter is too long', `At most ${LONGEST_FILTER} characters.`);
  const tests = filter
    .split(',')
    .filter((term) => term.trim() !== '')
    .map(termTest);
  return (run) => tests.every((test) => test(run));
};

const commonStart = (a: string, b: string): number => {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
};

const nearestIds = (wanted: string, ids: readonly string[]): readonly string[] => {
  const near = nearestWord(wanted, ids);
  const alike = ids
    .map((id) => ({ id, start: commonStart(wanted, id) }))
    .filter(({ id, start }) => start > 0 || id.includes(wanted))
    .toSorted((a, b) => b.start - a.start)
    .map(({ id }) => id);
  return [...new Set([...(near === undefined ? [] : [near]), ...alike])].slice(0, MOST_NAMED);
};

/** The one run whose id is, or starts with, `wanted`. Throws `run.not-found` or `usage` (too short, ambiguous) and names ids. */
export const findRun = <R extends { readonly id: string }>(runs: readonly R[], wanted: string): R => {
  const exact = runs.find((run) => run.id === wanted);
  if (exact !== undefined) return exact;
  if (wanted.length < SHORTEST_PREFIX) {
    throw misuse(
      `${quoted(wanted)} is too short for a run id`,
      `Give at least ${SHORTEST_PREFIX} characters.`,
    );
  }
  const matches = runs.filter((run) => run.id.startsWith(wanted));
  if (matches.length === 1) return matches[0]!;
  if (matches.length > 1) {
    const named = matches.slice(0, MOST_NAMED).map((run) => run.id);
    const more = matches.length > named.length ? ` and ${matches.length - named.length} more` : '';
    throw misuse(
      `${quoted(wanted)} fits ${matches.length} runs`,
      `Give more of the id: ${named.join(', ')}${more}.`,
    );
  }
  const near = nearestIds(
    wanted,
    runs.map((run) => run.id),
  );
  throw new RalphError('run.not-found', `no run ${quoted(wanted)}`, {
    hint: near.length === 0 ? 'ralph ls lists the runs.' : `Nearest: ${near.join(', ')}.`,
  });
};

/**
 * The runs that a selector names, each once; ids are narrowed by the filter. An empty selector means every run with
 * `whenEmpty: 'all'` (for looking), and throws `usage` otherwise (for steering). Throws `run.not-found` and `usage`.
 */
export const selectRuns = <R extends SelectableRun>(
  runs: readonly R[],
  selector: Selector,
  options: { readonly whenEmpty?: 'all' | 'refuse' } = {},
): readonly R[] => {
  if (selector.all && selector.runs.length > 0) {
    throw misuse('run ids and --all exclude each other', 'Give the ids, or --all with an optional --filter.');
  }
  const matches = parseFilter(selector.filter);
  if (selector.runs.length > 0) {
    return [...new Set(selector.runs.map((wanted) => findRun(runs, wanted)))].filter(matches);
  }
  const isEmpty = !selector.all && selector.filter.trim() === '';
  if (isEmpty && options.whenEmpty !== 'all') {
    throw misuse(
      'no run was named',
      'Give run ids (or their first characters), --all, or --filter status=running',
    );
  }
  return runs.filter(matches);
};

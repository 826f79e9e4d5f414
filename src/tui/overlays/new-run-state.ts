import type { RunChoices } from '../../commands/app.ts';
import { lintTask } from '../../domain/spec/lint.ts';
import { writeFront } from '../../domain/spec/write-front.ts';
import {
  changesOf,
  formFields,
  namedFiles,
  valuesIn,
  wholeNumber,
  type FormField,
} from './new-run-fields.ts';

/** A task file as it was read; no text when it is not there, or cannot be read. */
export interface LoadedTask {
  readonly path: string;
  readonly text: string | undefined;
  readonly problem: string | undefined;
}
/** Something said beside a field. */
export interface Remark {
  /** Key of a field. */
  readonly key: string;
  readonly level: 'error' | 'warning';
  readonly message: string;
  readonly fix: string;
}
/** What stands where a field is empty. */
export interface FormDefaults {
  readonly repo: string | undefined;
  readonly profile: string;
  readonly fallback: string | undefined;
  /** From the settings; never one without isolation. */
  readonly backend: string | undefined;
  readonly concurrency: number;
}
export interface NewRunState {
  readonly files: readonly string[];
  readonly defaults: FormDefaults;
  readonly tasks: readonly LoadedTask[];
  /** What stands in the fields; those of the task as its file has them, until they are edited. */
  readonly values: Readonly<Record<string, string>>;
  readonly edited: Readonly<Record<string, string>>;
  readonly remarks: readonly Remark[];
  /** Undefined while this machine is looked at. */
  readonly choices: RunChoices | undefined;
  readonly auth: string;
  readonly row: number;
  /** In the text of the field under the cursor. */
  readonly cursor: number;
  /** Tab steps through the files that fit. */
  readonly cycle: { readonly at: number; readonly line: string } | undefined;
  readonly busy: string | undefined;
  readonly problem: string | undefined;
}
/** What the form wants from outside. */
export type NewRunWish =
  | { readonly kind: 'load'; readonly line: string }
  | { readonly kind: 'starter'; readonly path: string }
  | { readonly kind: 'pick'; readonly key: string }
  | { readonly kind: 'launch' };

const MOST_COUNT = 1000;
const MOST_CONCURRENCY = 10_000;

export const fieldAt = (state: NewRunState): FormField => formFields[state.row]!;
export const valueOf = (state: NewRunState, key: string): string => state.values[key] ?? '';

/** The texts as they would run: the files with what was edited written into their front matter. */
export const textsOf = ({
  tasks,
  edited,
}: NewRunState): readonly { readonly path: string; readonly text: string }[] => {
  const changes = changesOf(edited);
  return tasks.flatMap(({ path, text }) =>
    text === undefined ? [] : [{ path, text: writeFront(text, changes) }],
  );
};

/** The field that a key of a finding belongs to: itself, or the first of the group it names; else the file. */
const fieldKeyOf = (key: string | undefined): string => {
  if (key === undefined) return '@task';
  const own = formFields.find((field) => field.key === key);
  return (own ?? formFields.find((field) => field.key.startsWith(`${key}.`)))?.key ?? '@task';
};

const lintRemarks = (state: NewRunState): readonly Remark[] => {
  const texts = textsOf(state);
  return texts.flatMap(({ path, text }) => {
    const { findings } = lintTask(text);
    const file = texts.length > 1 ? `${path} ` : '';
    return findings.map(({ level, key, line, message, fix }) => {
      const field = fieldKeyOf(key);
      const place = field === '@task' || texts.length > 1 ? `${file}line ${line}: ` : '';
      return { key: field, level, message: `${place}${message}`, fix };
    });
  });
};

const error = (key: string, message: string, fix: string): Remark => ({ key, level: 'error', message, fix });

const fileRemarks = ({ tasks }: NewRunState): readonly Remark[] =>
  tasks.length === 0
    ? [
        error(
          '@task',
          'no task file is named',
          'its path, several with spaces between them, or a pattern like tasks/*.md',
        ),
      ]
    : tasks
        .filter(({ text }) => text === undefined)
        .map(({ path, problem }) =>
          error(
            '@task',
            problem ?? `there is no ${path}`,
            problem ? 'another path' : 'ctrl+n writes a starter there',
          ),
        );

/** The backend that the run would be made on. */
export const backendOf = (state: NewRunState): string | undefined =>
  valueOf(state, 'sandbox_provider') || state.defaults.backend;

const backendRemarks = (state: NewRunState): readonly Remark[] => {
  const id = backendOf(state);
  if (id === undefined) return [error('sandbox_provider', 'no backend is chosen', '← → choose one')];
  const found = state.choices?.backends.find((one) => one.id === id);
  return found?.problem === undefined
    ? []
    : [error('sandbox_provider', found.problem, '← → choose another one')];
};

const profileRemarks = (state: NewRunState): readonly Remark[] => {
  const { choices, defaults } = state;
  if (choices === undefined) return [];
  const name = valueOf(state, 'model_profile_default') || defaults.profile;
  const profile = choices.profiles.find((one) => one.name === name);
  const key = 'model_profile_default';
  if (profile === undefined)
    return [error(key, `there is no profile ${name}`, '⏎ lists those of models.yaml')];
  if (profile.problem) return [error(key, profile.problem.message, profile.problem.hint)];
  if (!profile.priced && valueOf(state, 'max_tokens_total') === '')
    return [
      error(
        'max_tokens_total',
        `the price of ${profile.model} is not known: a budget in USD cannot stop the run`,
        'a number of tokens',
      ),
    ];
  return [];
};

const numberRemarks = (state: NewRunState): readonly Remark[] => {
  const count = valueOf(state, '@count');
  const concurrency = valueOf(state, '@concurrency');
  return [
    ...(wholeNumber(count, MOST_COUNT) === undefined
      ? [error('@count', `must be a whole number from 1 to ${MOST_COUNT}`, '1')]
      : []),
    ...(concurrency !== '' && wholeNumber(concurrency, MOST_CONCURRENCY) === undefined
      ? [error('@concurrency', `must be a whole number from 1 to ${MOST_CONCURRENCY}`, 'empty: as it is')]
      : []),
  ];
};

const repoRemarks = (state: NewRunState): readonly Remark[] =>
  valueOf(state, 'repo_url') === '' && state.defaults.repo === undefined
    ? [error('repo_url', 'this folder is in no repository', 'its address or path')]
    : [];

/** Looks at everything again: the linter, and what this machine can do. */
export const checked = (state: NewRunState): NewRunState => ({
  ...state,
  remarks: [
    ...fileRemarks(state),
    ...lintRemarks(state),
    ...repoRemarks(state),
    ...backendRemarks(state),
    ...profileRemarks(state),
    ...numberRemarks(state),
  ],
});

export const errorsOf = ({ remarks }: NewRunState): readonly Remark[] =>
  remarks.filter((one) => one.level === 'error');

/** The form before any file is read. */
export const beginNewRun = (
  given: Pick<NewRunState, 'files' | 'defaults' | 'auth'>,
  path: string,
): NewRunState => ({
  ...given,
  tasks: [],
  values: { '@task': path, '@count': '1', '@concurrency': '' },
  edited: {},
  remarks: [],
  choices: undefined,
  row: 0,
  cursor: path.length,
  cycle: undefined,
  busy: undefined,
  problem: undefined,
});

/** The files of the first field have been read: the fields show the first one, but what was edited stays. */
export const withTasks = (state: NewRunState, tasks: readonly LoadedTask[]): NewRunState => {
  const values = tasks[0]?.text === undefined ? {} : valuesIn(tasks[0].text);
  const own = Object.fromEntries(Object.entries(state.values).filter(([key]) => key.startsWith('@')));
  return checked({ ...state, tasks, values: { ...own, ...values, ...state.edited } });
};

/** A field has another value, its cursor behind the last character. */
export const withValue = (state: NewRunState, key: string, text: string): NewRunState => {
  const values = { ...state.values, [key]: text };
  const next = { ...state, values, cursor: text.length, problem: undefined, cycle: undefined };
  if (key === '@task') return next;
  return checked(key.startsWith('@') ? next : { ...next, edited: { ...state.edited, [key]: text } });
};

/** What can stand in a field that is a choice, the empty one first where the file may leave it open. */
export const choicesFor = (state: NewRunState, key: string): readonly string[] => {
  if (state.choices === undefined) return [];
  if (key === 'agent') return state.choices.agents;
  return state.choices.backends.filter((one) => one.problem === undefined).map((one) => one.id);
};

/** Files that the last word of the line begins, or is in. */
export const filesFor = (state: NewRunState, line: string): readonly string[] => {
  const word = line.split(/\s+/).at(-1) ?? '';
  const starts = state.files.filter((file) => file.startsWith(word));
  const holds = state.files.filter((file) => !starts.includes(file) && file.includes(word));
  return [...starts, ...(word === '' ? [] : holds)];
};

/** The runs that would be made. */
export const runsAsked = (state: NewRunState): number =>
  namedFiles(valueOf(state, '@task'), state.files).length *
  (wholeNumber(valueOf(state, '@count'), MOST_COUNT) ?? 0);

/** What isolation a backend gives, in words. */
export const isolationText = (state: NewRunState): string => {
  const id = backendOf(state);
  const found = state.choices?.backends.find((one) => one.id === id);
  if (id === undefined || found === undefined) return '';
  const words: Readonly<Record<string, string>> = {
    podman: 'container',
    docker: 'container',
    lima: 'virtual machine of its own',
    kubernetes: 'pod',
    daytona: 'sandbox of a remote service',
  };
  return found.isolated ? (words[id] ?? 'isolated') : 'NO ISOLATION: commands run on this machine as you';
};

import { promiseTag } from './promise.ts';
import type { RunState } from './run-state.ts';
import type { ClassicSpec } from './spec/classic.ts';
import type { TaskSpec } from './spec/task.ts';

type Classic = Pick<RunState, 'classic'>;

/** The phase at hand, from 1: the first that has not ended, or the last one. 1 for an ordinary run. */
export const phaseOf = ({ classic }: Classic): number =>
  classic ? Math.min(classic.ended.length + 1, classic.phases.length) : 1;

/** `phase 2/3` for a run that has several; else empty. */
export const phaseText = (run: Classic): string =>
  run.classic && run.classic.phases.length > 1 ? `phase ${phaseOf(run)}/${run.classic.phases.length}` : '';

/** What is to be known of a success that the runner could not check. */
export const WORD_ONLY = "by the agent's word only: no test_command and no verified box stands behind it";

/** Whether the success of this run is, or would be, the agent's word alone. */
export const isWordOnly = ({ classic }: Classic): boolean => classic?.checked === false;

/** By what a classic run without boxes ends; undefined for runs that have criteria to count. */
export const endsBy = (run: Pick<RunState, 'classic' | 'boxes'>): string | undefined => {
  if (!run.classic || Object.keys(run.boxes).length > 0) return undefined;
  return isWordOnly(run) ? WORD_ONLY : "by the agent's promise and the checks below";
};

/** Facts of a task for the entries that make or change a run. */
export const classicFacts = (classic: ClassicSpec | undefined) =>
  classic && { phases: classic.phases.map(({ name }) => name), checked: classic.checked };

/** What stands in place of the task file in the prompt of a phase. `where` says what the promise has to end. */
export const classicPrompt = (
  task: { readonly classic: ClassicSpec; readonly testCommand?: string },
  phase: number,
  where: string,
): string => {
  const { phases, promise } = task.classic;
  const { name = '', text = '' } = phases[phase - 1] ?? {};
  const head = `Phase ${phase} of ${phases.length}${name === '' ? '' : ` (${name})`}. The phases before it are done, those after it are not yet your business.`;
  const test = `The runner runs \`${task.testCommand}\` itself and does not end the run while that fails.`;
  return [
    ...(phases.length > 1 ? [head] : []),
    text,
    '---',
    `When, and only when, all of this is done and you have seen that it is, end ${where} with this line and nothing after it:`,
    promiseTag(promise),
    `Neither quote that line nor speak of it before. It does not count together with an action that fails. ${task.testCommand === undefined ? '' : test}`.trim(),
  ].join('\n\n');
};

/** How a run succeeded, and what does not stand behind it. Without a pull request nothing was changed. */
export const successText = (
  task: Pick<TaskSpec, 'classic' | 'testCommand' | 'boxes'>,
  pullRequest: number | undefined,
): string => {
  const { classic, testCommand, boxes } = task;
  const test = testCommand === undefined ? [] : ['test_command green'];
  const verified = classic && boxes.length === 0 ? [] : ['all boxes verified'];
  const word = classic ? ["the agent's promise"] : [];
  const checks = classic?.checked === false ? WORD_ONLY : [...word, ...verified, ...test].join(', ');
  return pullRequest === undefined
    ? `${checks}; nothing had to be changed`
    : `${checks}${classic?.checked === false ? ';' : ','} pushed, pull request #${pullRequest}`;
};

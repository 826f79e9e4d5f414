import type { Step } from '../../commands/screen-action.ts';

/** Steps in a list whose letters are typed into a field. */
export const listSteps: Readonly<Record<string, Step>> = {
  up: 'up',
  down: 'down',
  pgup: 'page-up',
  pgdn: 'page-down',
  'ctrl+u': 'half-up',
  'ctrl+d': 'half-down',
  'ctrl+b': 'page-up',
  'ctrl+f': 'page-down',
};
/** Steps in a text that is only read: the letters move too. */
export const pagerSteps: Readonly<Record<string, Step>> = {
  ...listSteps,
  k: 'up',
  j: 'down',
  space: 'page-down',
  g: 'top',
  home: 'top',
  G: 'bottom',
  end: 'bottom',
};
/** The step of a chord; undefined when it is none. */
export const stepOf = (steps: Readonly<Record<string, Step>>, chord: string): Step | undefined =>
  Object.hasOwn(steps, chord) ? steps[chord] : undefined;

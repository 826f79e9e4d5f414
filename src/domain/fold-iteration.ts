import type { Entry } from './event.ts';
import type { RunState } from './run-state.ts';
import { GUTTER } from './loop-score.ts';

/** Below this no big signal is on: the run moves again and the mitigation ladder starts anew. */
const MOVING = 0.3;
const KEPT_SCORES = 60;
const KEPT_PARTS = 24;

const without = (reserved: RunState['reserved'], call: string): RunState['reserved'] => {
  const { [call]: _settled, ...rest } = reserved;
  return rest;
};

const foldModel = (run: RunState, entry: Entry): RunState | undefined => {
  switch (entry.type) {
    case 'model.requested':
      return {
        ...run,
        phase: entry.purpose === 'diagnose' ? 'diagnose' : 'model',
        reserved: {
          ...run.reserved,
          [entry.call]: { tokens: entry.reservedTokens, costUsd: entry.reservedUsd },
        },
      };
    case 'model.answered':
    case 'model.failed':
      return {
        ...run,
        reserved: without(run.reserved, entry.call),
        spent: {
          ...run.spent,
          costUsd: run.spent.costUsd + entry.costUsd,
          tokens: run.spent.tokens + entry.usage.inputTokens + entry.usage.outputTokens,
        },
      };
    default:
      return undefined;
  }
};

const withParts = (
  history: RunState['loopHistory'],
  entry: Extract<Entry, { type: 'loop.scored' }>,
): RunState['loopHistory'] => {
  const after = (part: keyof RunState['loopHistory']): readonly number[] =>
    [...history[part], entry[part]].slice(-KEPT_PARTS);
  return {
    repeatedFailure: after('repeatedFailure'),
    stagnation: after('stagnation'),
    thrash: after('thrash'),
  };
};

const foldScore = (run: RunState, entry: Entry): RunState | undefined => {
  switch (entry.type) {
    case 'loop.scored':
      return {
        ...run,
        loopScores: [...run.loopScores, entry.score].slice(-KEPT_SCORES),
        loop: {
          repeatedFailure: entry.repeatedFailure,
          stagnation: entry.stagnation,
          thrash: entry.thrash,
        },
        loopHistory: withParts(run.loopHistory, entry),
        consecutiveGutter: entry.score >= GUTTER ? run.consecutiveGutter : 0,
        ladder: entry.score < MOVING ? [] : run.ladder,
      };
    case 'gutter':
      return { ...run, consecutiveGutter: entry.consecutive };
    case 'mitigation':
      return {
        ...run,
        ladder: [...run.ladder, entry.step],
        ...(entry.profile !== undefined && { profile: entry.profile }),
      };
    default:
      return undefined;
  }
};

const purposePhase = {
  action: 'command',
  test: 'tests',
  verify: 'verify',
  setup: 'setup',
  debug: 'debug',
} as const;

/** A recovery that rolls forward enters it again; and the promise may have been given for a task that is no more. */
const withPhase = (run: RunState, { n, phase }: Extract<Entry, { type: 'phase.ended' }>): RunState => {
  const { classic } = run;
  if (!classic || run.specMoved || phase !== classic.ended.length + 1) return run;
  return { ...run, classic: { ...classic, ended: [...classic.ended, n] } };
};

const foldWork = (run: RunState, entry: Entry): RunState | undefined => {
  switch (entry.type) {
    case 'iteration.started':
      return { ...run, iteration: entry.n, startSha: entry.startSha, phase: 'prompt', specMoved: false };
    case 'action.started':
      return { ...run, phase: entry.action };
    case 'command.started':
      return {
        ...run,
        phase: purposePhase[entry.purpose],
        specMoved: run.specMoved && entry.purpose !== 'test',
      };
    case 'box.changed': {
      const box = run.boxes[entry.box];
      return box ? { ...run, boxes: { ...run.boxes, [entry.box]: { ...box, checked: entry.checked } } } : run;
    }
    case 'diff':
      return {
        ...run,
        phase: 'saving',
        diff: { files: entry.files, added: entry.added, removed: entry.removed },
      };
    case 'phase.ended':
      return withPhase(run, entry);
    case 'iteration.ended':
      return {
        ...run,
        committed: entry.n,
        headSha: entry.headSha,
        testExit: entry.testExit,
        green: entry.green && !run.specMoved,
        phase: '',
      };
    default:
      return undefined;
  }
};

/** The part of the reducer that belongs to one iteration. */
export const foldIteration = (run: RunState, entry: Entry): RunState | undefined =>
  foldModel(run, entry) ?? foldScore(run, entry) ?? foldWork(run, entry);

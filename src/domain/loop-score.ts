import type { Exit } from './exit.ts';
import { sanitize, singleLine } from './terminal.ts';

/** What one iteration leaves for the loop score (spec 12). */
export interface IterationFacts {
  readonly n: number;
  /** Signatures of the iteration's failed commands, by `failureSignature`. */
  readonly failures: readonly string[];
  readonly linesAdded: number;
  readonly linesRemoved: number;
  /** Content hash of each file changed in the iteration; null = deleted. */
  readonly fileHashes: Readonly<Record<string, string | null>>;
}

/** The score in [0, 1], two decimals, its three parts, and a sentence for each part that fired. */
export interface LoopScore {
  readonly score: number;
  readonly repeatedFailure: number;
  readonly stagnation: number;
  readonly thrash: number;
  readonly evidence: readonly string[];
}

/** A run with at least this score is in the gutter (spec 12). */
export const GUTTER = 0.7;

const WINDOW = 5;
const REPEATS = 3;
const STILL = 3;
const SIGNATURE_CHARS = 2000;
const RAW_CHARS = 64 * 1024;
const MAX_FILES_SHOWN = 10;

// Order matters: the longer shapes first. Every quantifier is bounded or cannot overlap its neighbour.
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?:Z| ?[+-]\d\d:?\d\d)?/g, '<time>'],
  [/\b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AP]M\b)?/gi, '<time>'],
  [/\b(?:1[5-9]|2[0-4])\d{8}(?:\d{3}|\d{6}|\d{9})?(?:\.\d{1,9})?\b/g, '<time>'],
  [
    /\b\d{1,12}(?:\.\d{1,9})? ?(?:ns|[µμu]s|ms|msecs?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b/g,
    '<duration>',
  ],
  // As in the TAP of test runners: `duration_ms 89.38`.
  [/\b(duration|elapsed|time|took)((?:_ms|_s)?[ :="]{1,4})\d{1,12}(?:\.\d{1,9})?\b/gi, '$1$2<duration>'],
  [/(?:\/private)?\/var\/folders\/[^\s/'"`:]{1,64}\/[^\s/'"`:]{1,64}\/T\/[^\s/'"`:)]{1,255}/g, '<tmp>'],
  [/(?:\/private)?(?:\/var)?\/tmp\/[^\s/'"`:)]{1,255}/g, '<tmp>'],
  [/[A-Z]:\\[^\s:'"]{1,200}\\Temp\\[^\s\\'":)]{1,255}/gi, '<tmp>'],
  [/\b0x[0-9a-f]{1,32}\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]{0,63}\d)[0-9a-f]{12,64}\b/gi, '<hex>'],
  [/\b(pid|process|seed|thread|port)([ :=#]{1,3})\d{1,20}\b/gi, '$1$2<n>'],
  [/\(node:\d{1,10}\)|==\d{1,10}==/g, '<pid>'],
  [/\b(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0):\d{2,5}\b/g, '$1:<port>'],
  [/(thread '[^'\n]{0,100}') \(\d{1,20}\)/g, '$1'],
];

/** Standard error without what changes from one run to the next of the same failure; at most 2000 characters. */
const normalizeStderr = (stderr: string): string => {
  let text = sanitize(stderr.slice(0, RAW_CHARS));
  for (const [pattern, name] of VOLATILE) text = text.replace(pattern, name);
  return text.replace(/\s+/g, ' ').trim().slice(0, SIGNATURE_CHARS);
};

const exitKey = (exit: Exit): string => {
  if (exit.kind === 'code') return `code:${exit.code}`;
  return exit.kind === 'signal' ? `signal:${exit.signal}` : exit.kind;
};

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

const fnv1a64 = (text: string): string => {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  }
  return hash.toString(16).padStart(16, '0');
};

/** 16 hex digits for (command, exit, normalized stderr's first 2000 characters) (spec 12 A): equal for a re-run. */
export const failureSignature = (command: string, exit: Exit, stderr: string): string =>
  fnv1a64([command.replace(/\s+/g, ' ').trim(), exitKey(exit), normalizeStderr(stderr)].join('\0'));

const repeatedFailures = (recent: readonly IterationFacts[]): readonly string[] => {
  const seen = new Map<string, number[]>();
  for (const facts of recent) {
    for (const signature of new Set(facts.failures)) {
      const at = seen.get(signature) ?? [];
      at.push(facts.n);
      seen.set(signature, at);
    }
  }
  return [...seen]
    .filter(([, at]) => at.length >= REPEATS)
    .map(
      ([signature, at]) =>
        `the same failure (${singleLine(signature, 100)}) in ${at.length} of the last ${WINDOW} iterations: ${at.join(', ')}`,
    );
};

const stillIterations = (history: readonly IterationFacts[], minNetChange: number): number => {
  // An empty diff counts as no change whatever the limit is.
  const least = Math.max(1, minNetChange);
  const moved = history.findLastIndex((facts) => facts.linesAdded + facts.linesRemoved >= least);
  return history.length - 1 - moved;
};

const isFlip = (states: readonly (string | null)[]): boolean => {
  const [a, b, c, d] = states.slice(-4);
  return states.length >= 4 && a === c && b === d && a !== b;
};

/** Files whose last four states are A B A B and that changed within the last five iterations. */
const thrashedFiles = (history: readonly IterationFacts[]): readonly string[] => {
  const states = new Map<string, (string | null)[]>();
  for (const facts of history) {
    for (const [path, hash] of Object.entries(facts.fileHashes)) {
      const before = states.get(path) ?? [];
      if (before.at(-1) !== hash) before.push(hash);
      states.set(path, before.slice(-4));
    }
  }
  const recent = new Set(history.slice(-WINDOW).flatMap((facts) => Object.keys(facts.fileHashes)));
  return [...states].filter(([path, seen]) => recent.has(path) && isFlip(seen)).map(([path]) => path);
};

/** The loop score over a run's iterations (spec 12); `minNetChange` is its X, in lines. */
export const loopScore = (
  history: readonly IterationFacts[],
  options: { readonly minNetChange?: number } = {},
): LoopScore => {
  const ordered = history.toSorted((a, b) => a.n - b.n);
  const minNetChange = options.minNetChange ?? 1;
  const repeated = repeatedFailures(ordered.slice(-WINDOW));
  const still = stillIterations(ordered, minNetChange);
  const flipped = thrashedFiles(ordered);
  const repeatedFailure = repeated.length > 0 ? 0.5 : 0;
  const stagnation = still >= STILL ? 0.3 : 0;
  const thrash = flipped.length > 0 ? 0.2 : 0;
  const evidence = [
    ...repeated.slice(0, MAX_FILES_SHOWN),
    ...(stagnation > 0
      ? [
          `${minNetChange > 1 ? `less than ${minNetChange} changed lines` : 'no changed line'} in the last ${still} iterations`,
        ]
      : []),
    ...flipped.slice(0, MAX_FILES_SHOWN).map((path) => `${singleLine(path, 200)} flips between two contents`),
  ];
  const score = Math.round((repeatedFailure + stagnation + thrash) * 100) / 100;
  return { score, repeatedFailure, stagnation, thrash, evidence };
};

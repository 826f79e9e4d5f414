import { viewPatch } from './patch-view.ts';

/** Lines of the old file, from the first to before the last. */
export type LineRange = readonly [from: number, to: number];
/** Changed paths with the lines that they touch, each with a few around; none where those are not known. */
export type ChangedLines = ReadonlyMap<string, readonly LineRange[]>;
/** Another open pull request and what of it lies where we work too. */
export interface Overlap {
  readonly files: readonly string[];
  /** Those of the files in which the same lines are changed. */
  readonly sameLines: readonly string[];
}

const HUNK = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+/gm;
const MAX_HUNKS = 5000;

/** The old side of the hunks of one file's patch. */
export const rangesOf = (patch: string): readonly LineRange[] => {
  const ranges: LineRange[] = [];
  for (const [, from = '0', count = '1'] of patch.matchAll(HUNK)) {
    if (ranges.length >= MAX_HUNKS) break;
    // A new file has neither; two of that name are in each other's way.
    ranges.push([Number(from), Number(from) + Math.max(1, Number(count))]);
  }
  return ranges;
};

/** The same of a patch of many files. */
export const linesOfPatch = (patch: string): ChangedLines =>
  new Map(viewPatch(patch).files.map(({ path, from, to }) => [path, rangesOf(patch.slice(from, to))]));

const meet = (ours: readonly LineRange[], theirs: readonly LineRange[]): boolean =>
  ours.some(([from, to]) => theirs.some(([start, end]) => from < end && start < to));

/** Undefined where they have no file in common. */
export const overlapOf = (
  ours: ChangedLines,
  theirs: { readonly files: readonly string[]; readonly lines: ChangedLines },
): Overlap | undefined => {
  const files = theirs.files.filter((file) => ours.has(file)).toSorted();
  if (files.length === 0) return undefined;
  const sameLines = files.filter((file) => meet(ours.get(file) ?? [], theirs.lines.get(file) ?? []));
  return { files, sameLines };
};

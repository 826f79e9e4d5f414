import { scanBoxes, setBoxes } from './checkboxes.ts';
import type { BoxScan, ScannedBox } from './checkboxes.ts';
import { quoteForOutput } from './finding.ts';
import { MAX_FILE_BYTES, parseFrontmatter, utf8Length } from './frontmatter.ts';
import { splitFrontmatter } from './split.ts';

const MAX_REFUSED = 50;

/** What was taken from an agent's copy of the task file. */
export interface AgentEdit {
  /** The authoritative text with the agent's ticks. */
  readonly text: string;
  readonly ticked: readonly string[];
  readonly unticked: readonly string[];
  /** Everything else the agent changed, one phrase each, at most 51. */
  readonly refused: readonly string[];
}

const keyed = (boxes: readonly ScannedBox[]): Map<string, ScannedBox[]> => {
  const byKey = new Map<string, ScannedBox[]>();
  const seen = new Map<string, number>();
  for (const box of boxes) {
    // A box without a written id is known by its text: its number moves when another box is put above it.
    const nth = (seen.get(box.text) ?? 0) + 1;
    if (!box.explicit) seen.set(box.text, nth);
    const key = box.explicit ? `id ${box.id}` : `text ${nth} ${box.text}`;
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [box]);
    else same.push(box);
  }
  return byKey;
};

const sameValue = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

const frontmatterChanges = (authoritative: string, proposed: string): string[] => {
  const [before, after] = [splitFrontmatter(authoritative), splitFrontmatter(proposed)];
  const plain = (yaml: string): string => yaml.replaceAll('\r\n', '\n');
  if (before.language === after.language && plain(before.yaml) === plain(after.yaml)) return [];
  const [old, next] = [parseFrontmatter(authoritative), parseFrontmatter(proposed)];
  if (!next.readable) return ['front matter: cannot be read any more'];
  const keys = new Set([...Object.keys(old.data), ...Object.keys(next.data)]);
  const changed = [...keys].filter((key) => !sameValue(valueOf(old.data, key), valueOf(next.data, key)));
  if (changed.length === 0) return ['front matter: rewritten'];
  return changed.map((key) => `${quoteForOutput(key)}: changed`);
};

const valueOf = (data: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(data, key) ? data[key] : undefined;

const prose = (text: string, scan: BoxScan): string[] => {
  const { bodyOffset, bodyLine } = splitFrontmatter(text);
  return text
    .slice(bodyOffset)
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((_line, index) => !scan.ownLines.has(bodyLine + index));
};

const proseChanges = (left: readonly string[], right: readonly string[]): string[] => {
  const trimmed = (lines: readonly string[]): string => lines.join('\n').trimEnd();
  return trimmed(left) === trimmed(right) ? [] : ['text: changed'];
};

const boxChanges = (box: ScannedBox, found: readonly ScannedBox[]): string[] => {
  const id = quoteForOutput(box.id);
  if (found.length === 0) return [`box ${id}: removed or rewritten`];
  if (found.length > 1) return [`box ${id}: appears ${found.length} times`];
  const changes: string[] = [];
  if (found[0]!.text !== box.text) changes.push(`box ${id}: text changed`);
  if (found[0]!.verify !== box.verify) changes.push(`box ${id}: verify changed`);
  if (found[0]!.milestone !== box.milestone) changes.push(`box ${id}: moved to another milestone`);
  return changes;
};

const bounded = (refused: readonly string[]): readonly string[] =>
  refused.length <= MAX_REFUSED
    ? refused
    : [...refused.slice(0, MAX_REFUSED), `and ${refused.length - MAX_REFUSED} more changes`];

const refuseAll = (authoritative: string, reason: string): AgentEdit => ({
  text: authoritative,
  ticked: [],
  unticked: [],
  refused: [reason],
});

/** Takes from an agent's copy of the task file the ticks and nothing else; every other change is named, not taken. */
export const mergeAgentEdit = (authoritative: string, proposed: string): AgentEdit => {
  if (proposed === authoritative) return { text: authoritative, ticked: [], unticked: [], refused: [] };
  if (proposed.length > MAX_FILE_BYTES || utf8Length(proposed) > MAX_FILE_BYTES) {
    return refuseAll(authoritative, `file: larger than ${MAX_FILE_BYTES / 1024} KiB`);
  }
  const [mine, theirs] = [scanBoxes(authoritative), scanBoxes(proposed)];
  const [known, offered] = [keyed(mine.boxes), keyed(theirs.boxes)];
  const refused = frontmatterChanges(authoritative, proposed);
  const changes = new Map<string, boolean>();
  for (const [key, boxes] of known) {
    const [box, found] = [boxes[0]!, offered.get(key) ?? []];
    refused.push(...boxChanges(box, found));
    // An id that stands twice in either text names no box.
    if (boxes.length === 1 && found.length === 1 && found[0]!.checked !== box.checked)
      changes.set(box.id, found[0]!.checked);
  }
  for (const [key, boxes] of offered) {
    if (!known.has(key))
      refused.push(`box "${quoteForOutput(boxes[0]!.explicit ? boxes[0]!.id : boxes[0]!.text)}": added`);
  }
  refused.push(...proseChanges(prose(authoritative, mine), prose(proposed, theirs)));
  return {
    text: setBoxes(authoritative, changes),
    ticked: [...changes].filter(([, checked]) => checked).map(([id]) => id),
    unticked: [...changes].filter(([, checked]) => !checked).map(([id]) => id),
    refused: bounded(refused),
  };
};

import { splitFrontmatter } from './split.ts';
import type { Box } from './task.ts';

/** A box as it stands in one text. */
export interface ScannedBox extends Box {
  /** Whether the id is written there, not counted. */
  readonly explicit: boolean;
  /** Offset of the character between the brackets. */
  readonly markOffset: number;
  /** Line of the first `verify:` with a command. */
  readonly verifyLine?: number;
  /** A `verify:` line without a command stands at this line. */
  readonly emptyVerifyLine?: number;
}

/** What a scan of the body found. */
export interface BoxScan {
  readonly boxes: readonly ScannedBox[];
  /** A code fence or comment that is never closed hides everything below it. */
  readonly unclosed?: { readonly what: 'code fence' | 'comment'; readonly line: number };
  /** The first level-one heading. */
  readonly heading?: string;
  /** Lines that are a box or its `verify:`, from 1. */
  readonly ownLines: ReadonlySet<number>;
}

type Draft = { -readonly [Key in keyof ScannedBox]: ScannedBox[Key] } & {
  indent: number;
  commands: string[];
};

interface Cursor {
  readonly boxes: Draft[];
  readonly ownLines: Set<number>;
  fence: { readonly mark: string; readonly line: number } | undefined;
  commentLine: number | undefined;
  heading: string | undefined;
  milestone: { readonly text: string; readonly level: number } | undefined;
  /** Index of the first box that a `verify:` line may still belong to. */
  sectionStart: number;
}

const BOX = /^([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\](?:[ \t]+|$)/;
const FENCE = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})/;
const VERIFY = /^([ \t]*)(?:[-*+][ \t]+)?(?:\*\*|__)?verify(?:\*\*|__)?:(?:\*\*|__)?/i;
const DOTTED_ID = /^(?:\*\*|`)?([A-Z]{1,4}\d{1,4}(?:\.\d{1,6}){1,4})(?:\*\*|`)?[:)]?(?:\*\*)?(?=\s|$)/;
const COLON_ID = /^(?:\*\*)?([A-Z][A-Za-z]{0,11}-?\d{1,6})(?:\*\*)?[:)](?:\*\*)?(?=\s|$)/;
// Bounds the search for the owner of a `verify:` line among nested boxes.
const MAX_LOOK_BACK = 64;

const widthOf = (indent: string): number => {
  let width = 0;
  for (const character of indent) width = character === '\t' ? width + 4 - (width % 4) : width + 1;
  return width;
};

const isInCode = (line: string, at: number): boolean => {
  let before = 0;
  for (let index = 0; index < at; index += 1) if (line[index] === '`') before += 1;
  return before % 2 === 1 && line.indexOf('`', at) !== -1;
};

/** The line with comments blanked out, so that offsets stay. */
const withoutComments = (line: string, number: number, cursor: Cursor): string => {
  let result = '';
  let at = 0;
  while (at < line.length) {
    if (cursor.commentLine === undefined) {
      const open = line.indexOf('<!--', at);
      // Only the first opener of a line can be in a code span: that keeps the scan linear.
      if (open === -1 || (at === 0 && isInCode(line, open))) return result + line.slice(at);
      result += line.slice(at, open);
      at = open;
      cursor.commentLine = number;
    }
    const close = line.indexOf('-->', at);
    const end = close === -1 ? line.length : close + 3;
    result += ' '.repeat(end - at);
    if (close !== -1) cursor.commentLine = undefined;
    at = end;
  }
  return result;
};

const commandOf = (rest: string): string => {
  const open = /`+/.exec(rest);
  if (open === null) return rest.trim();
  const from = open.index + open[0].length;
  const to = rest.indexOf(open[0], from);
  return (to === -1 ? rest.slice(from) : rest.slice(from, to)).trim();
};

const joined = (commands: readonly string[]): string | undefined => {
  if (commands.length < 2) return commands[0];
  return commands.map((command) => (command.includes('#') ? `(${command}\n)` : `(${command})`)).join(' && ');
};

const takeFence = (line: string, number: number, cursor: Cursor): boolean => {
  if (cursor.fence !== undefined) {
    const mark = line.trim();
    const closes = mark.startsWith(cursor.fence.mark) && mark === cursor.fence.mark[0]!.repeat(mark.length);
    if (closes) cursor.fence = undefined;
    return true;
  }
  if (cursor.commentLine !== undefined) return false;
  const open = FENCE.exec(line);
  if (open === null || (open[1]!.startsWith('`') && line.includes('`', open[0].length))) return false;
  cursor.fence = { mark: open[1]!, line: number };
  return true;
};

const takeHeading = (line: string, cursor: Cursor): boolean => {
  const marks = /^ {0,3}(#{1,6})[ \t]/.exec(line);
  if (marks === null) return false;
  const level = marks[1]!.length;
  const text = line
    .slice(marks[0].length)
    .trim()
    .replace(/[ \t]#+$/, '');
  if (level === 1) cursor.heading ??= text;
  const milestone = /^Milestone\b[ \t:]*/i.exec(text);
  if (milestone !== null) cursor.milestone = { text: text.slice(milestone[0].length) || text, level };
  else if (cursor.milestone !== undefined && level <= cursor.milestone.level) cursor.milestone = undefined;
  cursor.sectionStart = cursor.boxes.length;
  return true;
};

const takeBox = (
  line: string,
  place: { readonly number: number; readonly offset: number },
  cursor: Cursor,
): boolean => {
  const match = BOX.exec(line);
  if (match === null) return false;
  const rest = line.slice(match[0].length).trim();
  const id = DOTTED_ID.exec(rest) ?? COLON_ID.exec(rest);
  cursor.boxes.push({
    id: id?.[1] ?? '',
    explicit: id !== null,
    text: id === null ? rest : rest.slice(id[0].length).trim(),
    ...(cursor.milestone !== undefined && { milestone: cursor.milestone.text }),
    checked: match[2] !== ' ',
    line: place.number,
    markOffset: place.offset + match[0].indexOf('[') + 1,
    indent: widthOf(match[1]!),
    commands: [],
  });
  cursor.ownLines.add(place.number);
  return true;
};

const takeVerify = (line: string, number: number, cursor: Cursor): void => {
  const match = VERIFY.exec(line);
  if (match === null || cursor.sectionStart === cursor.boxes.length) return;
  const indent = widthOf(match[1]!);
  const section = cursor.boxes.slice(Math.max(cursor.sectionStart, cursor.boxes.length - MAX_LOOK_BACK));
  const owner = section.findLast((box) => box.indent < indent) ?? section.at(-1)!;
  const command = commandOf(line.slice(match[0].length));
  if (command === '') owner.emptyVerifyLine ??= number;
  else {
    owner.verifyLine ??= number;
    owner.commands.push(command);
  }
  cursor.ownLines.add(number);
};

const named = (drafts: readonly Draft[]): ScannedBox[] => {
  const written = new Set(drafts.filter((draft) => draft.explicit).map((draft) => draft.id));
  let next = 1;
  return drafts.map(({ indent: _indent, commands, ...box }) => {
    const verify = joined(commands);
    const rest = { ...box, ...(verify !== undefined && { verify }) };
    if (box.explicit) return rest;
    while (written.has(`B${next}`)) next += 1;
    return { ...rest, id: `B${next++}` };
  });
};

const unclosedIn = (cursor: Cursor): BoxScan['unclosed'] => {
  if (cursor.fence !== undefined) return { what: 'code fence', line: cursor.fence.line };
  if (cursor.commentLine !== undefined) return { what: 'comment', line: cursor.commentLine };
  return undefined;
};

/** Reads the boxes of a task file, outside of front matter, code fences and comments (spec section 18.1). */
export const scanBoxes = (text: string): BoxScan => {
  const { bodyOffset, bodyLine } = splitFrontmatter(text);
  const cursor: Cursor = {
    boxes: [],
    ownLines: new Set(),
    fence: undefined,
    commentLine: undefined,
    heading: undefined,
    milestone: undefined,
    sectionStart: 0,
  };
  let number = bodyLine;
  for (let offset = bodyOffset; offset < text.length; number += 1) {
    const at = text.indexOf('\n', offset);
    const end = at === -1 ? text.length : at;
    const raw = text.slice(offset, end).replace(/\r$/, '');
    if (!takeFence(raw, number, cursor)) {
      const line = withoutComments(raw, number, cursor);
      if (!takeHeading(line, cursor) && !takeBox(line, { number, offset }, cursor))
        takeVerify(line, number, cursor);
    }
    offset = end + 1;
  }
  const unclosed = unclosedIn(cursor);
  return {
    boxes: named(cursor.boxes),
    ownLines: cursor.ownLines,
    ...(unclosed !== undefined && { unclosed }),
    ...(cursor.heading !== undefined && { heading: cursor.heading }),
  };
};

/** Ticks (true) or unticks (false) the boxes with these ids and changes no other character; unknown ids are ignored. */
export const setBoxes = (text: string, changes: ReadonlyMap<string, boolean>): string => {
  const pieces: string[] = [];
  let done = 0;
  for (const box of scanBoxes(text).boxes) {
    const wanted = changes.get(box.id);
    if (wanted === undefined || wanted === box.checked) continue;
    pieces.push(text.slice(done, box.markOffset), wanted ? 'x' : ' ');
    done = box.markOffset + 1;
  }
  return done === 0 ? text : pieces.join('') + text.slice(done);
};

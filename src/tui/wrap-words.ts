import { sliceColumns, widthOf } from './fit.ts';

/** How much of `text` goes on a line of `width` columns: up to its last space that fits, else as many columns. */
const headOf = (text: string, width: number): string => {
  const head = sliceColumns(text, 0, width);
  if (head.length === text.length || text[head.length] === ' ') return head;
  const space = head.lastIndexOf(' ');
  return space > 0 ? head.slice(0, space) : head;
};

/** A safe line as lines of at most `width` columns, broken at spaces where there are some. */
export const wrapWords = (text: string, width: number): readonly string[] => {
  if (width < 1) return [];
  const lines: string[] = [];
  let rest = text;
  while (widthOf(rest) > width) {
    // A character that is wider than the line is passed over, so that this ends.
    const head = headOf(rest, width);
    lines.push(head);
    rest = rest.slice(Math.max(1, head.length)).trimStart();
  }
  return [...lines, rest];
};

/** The first and the last part of a stream of any length, in constant memory. All sizes are UTF-16 units of text. */
export interface HeadTail {
  push(text: string): void;
  /** Head, a marker line that says how much was cut, tail; the whole text where nothing was cut. */
  text(): string;
  /** The two ends as they are, and how much was cut between them; all of it is `head` where nothing was. */
  parts(): { readonly head: string; readonly tail: string; readonly cut: number };
  readonly truncated: boolean;
  /** UTF-16 units pushed so far. */
  readonly totalBytes: number;
}

const BLOCK = 4096;

// A slice keeps its whole parent string in memory; joining makes a string of its own.
const detached = (text: string): string =>
  text.length < 2 ? text : [text.slice(0, 1), text.slice(1)].join('');

const isHigh = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isLow = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

interface Tail {
  push(text: string): void;
  text(): string;
}

const createTail = (size: number): Tail => {
  let blocks: string[] = [];
  let first = 0;
  let length = 0;
  let open: string[] = [];
  let openLength = 0;
  const seal = (): void => {
    if (open.length === 0) return;
    blocks.push(open.length === 1 ? detached(open[0] ?? '') : open.join(''));
    length += openLength;
    open = [];
    openLength = 0;
  };
  const dropOld = (): void => {
    while (first < blocks.length && length - (blocks[first]?.length ?? 0) >= size) {
      length -= blocks[first]?.length ?? 0;
      blocks[first] = '';
      first += 1;
    }
    if (first > 64 && first * 2 > blocks.length) {
      blocks = blocks.slice(first);
      first = 0;
    }
  };
  return {
    push: (text) => {
      const last = text.length > size ? text.slice(text.length - size) : text;
      if (last === '') return;
      open.push(last);
      openLength += last.length;
      if (openLength < BLOCK && open.length < BLOCK) return;
      seal();
      dropOld();
    },
    text: () => {
      seal();
      dropOld();
      const all = blocks.slice(first).join('');
      return all.length > size ? all.slice(all.length - size) : all;
    },
  };
};

/** The line that stands where something was cut, below `head`. */
export const cutMarker = (head: string, cut: number): string =>
  `${head === '' || head.endsWith('\n') ? '' : '\n'}[... ${cut} characters cut ...]\n`;

/**
 * Keeps the first `headBytes` and the last `tailBytes` UTF-16 units of what is pushed; amortised constant time for
 * each unit. A surrogate pair is never split.
 */
export const createHeadTail = (headBytes: number, tailBytes: number): HeadTail => {
  const headSize = Math.max(0, Math.trunc(headBytes));
  const tailSize = Math.max(0, Math.trunc(tailBytes));
  const tail = createTail(tailSize);
  let head: string[] = [];
  let headLength = 0;
  let total = 0;
  const truncated = (): boolean => total > headSize + tailSize;
  const parts = (): ReturnType<HeadTail['parts']> => {
    const start = head.join('');
    const end = tail.text();
    if (!truncated()) return { head: start + end, tail: '', cut: 0 };
    const safeStart = isHigh(start.charCodeAt(start.length - 1)) ? start.slice(0, -1) : start;
    const safeEnd = isLow(end.charCodeAt(0)) ? end.slice(1) : end;
    return { head: safeStart, tail: safeEnd, cut: total - safeStart.length - safeEnd.length };
  };
  return {
    push: (text) => {
      total += text.length;
      const room = headSize - headLength;
      if (room <= 0) return tail.push(text);
      const part = text.slice(0, room);
      head.push(part.length < text.length ? detached(part) : part);
      headLength += part.length;
      if (head.length >= BLOCK || headLength >= headSize) head = [head.join('')];
      tail.push(text.slice(room));
    },
    parts,
    text: () => {
      const { head: start, tail: end, cut } = parts();
      return cut === 0 ? start : start + cutMarker(start, cut) + end;
    },
    get truncated() {
      return truncated();
    },
    get totalBytes() {
      return total;
    },
  };
};

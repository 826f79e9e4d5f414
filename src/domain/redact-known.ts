/** What replaces a known value. */
export const REDACTED = '[redacted]';

/** A trie with suffix links: node 0 is the root, `longest` the length of the longest needle that ends at a node. */
interface Automaton {
  readonly next: (node: number, code: number) => number;
  readonly depth: readonly number[];
  readonly longest: readonly number[];
}

interface Trie {
  readonly children: Map<number, number>[];
  readonly depth: number[];
  readonly longest: number[];
}

const plant = (needles: readonly string[]): Trie => {
  const trie: Trie = { children: [new Map()], depth: [0], longest: [0] };
  for (const needle of needles) {
    let node = 0;
    for (let at = 0; at < needle.length; at += 1) {
      const children = trie.children[node]!;
      let child = children.get(needle.charCodeAt(at));
      if (child === undefined) {
        child = trie.children.push(new Map()) - 1;
        trie.depth.push(at + 1);
        trie.longest.push(0);
        children.set(needle.charCodeAt(at), child);
      }
      node = child;
    }
    trie.longest[node] = needle.length;
  }
  return trie;
};

const buildAutomaton = (needles: readonly string[]): Automaton => {
  const { children, depth, longest } = plant(needles);
  const suffix: number[] = [0];
  const next = (from: number, code: number): number => {
    let node = from;
    for (;;) {
      const child = children[node]?.get(code);
      if (child !== undefined) return child;
      if (node === 0) return 0;
      node = suffix[node] ?? 0;
    }
  };
  const queue: number[] = [0];
  for (let at = 0; at < queue.length; at += 1) {
    const node = queue[at]!;
    for (const [code, child] of children[node]!) {
      suffix[child] = node === 0 ? 0 : next(suffix[node] ?? 0, code);
      longest[child] = Math.max(longest[child] ?? 0, longest[suffix[child]] ?? 0);
      queue.push(child);
    }
  }
  return { next, depth, longest };
};

/** A streaming filter; `end` gives what is still held back. */
export interface TextStream {
  push(chunk: string): string;
  end(): string;
}

/** Finds needles in streams; `first` is the index of the first one in a text, or -1. */
export interface KnownFilter {
  stream(): TextStream;
  first(text: string): number;
}

interface Scan {
  node: number;
  /** Text from position `base` of the stream that is not yet given out. */
  held: string;
  base: number;
  /** Everything before it is given out or replaced. */
  done: number;
  /** Found and perhaps still growing, in order, apart from each other. */
  found: { start: number; end: number }[];
}

const remember = (scan: Scan, start: number, end: number): void => {
  let from = start;
  for (let last = scan.found.at(-1); last !== undefined && from < last.end; last = scan.found.at(-1)) {
    from = Math.min(from, last.start);
    scan.found.pop();
  }
  scan.found.push({ start: from, end });
};

/** Gives out all before `safe`: no needle that is still possible starts there. */
const release = (scan: Scan, safe: number, out: string[]): void => {
  const copy = (to: number): void => {
    if (to > scan.done) out.push(scan.held.slice(scan.done - scan.base, to - scan.base));
    scan.done = Math.max(scan.done, to);
  };
  let first = scan.found[0];
  while (first !== undefined && first.start < safe) {
    // One that overlaps what was replaced already only makes that longer.
    if (first.start >= scan.done) {
      copy(first.start);
      out.push(REDACTED);
    }
    scan.done = Math.max(scan.done, first.end);
    scan.found.shift();
    first = scan.found[0];
  }
  copy(safe);
};

const rootStarts = (needles: readonly string[]): ReadonlySet<number> =>
  new Set(needles.map((needle) => needle.charCodeAt(0)));

/** A filter for exact texts: linear in the input, holds back only what may still become a needle. */
export const createKnownFilter = (needles: readonly string[]): KnownFilter => {
  const automaton = buildAutomaton(needles);
  const starts = rootStarts(needles);
  const stream = (): TextStream => {
    const scan: Scan = { node: 0, held: '', base: 0, done: 0, found: [] };
    const push = (chunk: string): string => {
      if (needles.length === 0) return chunk;
      const out: string[] = [];
      const offset = scan.base + scan.held.length;
      scan.held += chunk;
      for (let at = 0; at < chunk.length; at += 1) {
        const code = chunk.charCodeAt(at);
        if (scan.node === 0 && !starts.has(code)) continue;
        scan.node = automaton.next(scan.node, code);
        const length = automaton.longest[scan.node] ?? 0;
        if (length > 0) remember(scan, offset + at + 1 - length, offset + at + 1);
      }
      release(scan, offset + chunk.length - (automaton.depth[scan.node] ?? 0), out);
      const keepFrom = Math.min(scan.done, offset + chunk.length);
      scan.held = scan.held.slice(keepFrom - scan.base);
      scan.base = keepFrom;
      return out.join('');
    };
    const end = (): string => {
      const out: string[] = [];
      release(scan, scan.base + scan.held.length, out);
      scan.held = '';
      return out.join('');
    };
    return { push, end };
  };
  const first = (text: string): number => {
    let node = 0;
    for (let at = 0; at < text.length; at += 1) {
      node = automaton.next(node, text.charCodeAt(at));
      const length = automaton.longest[node] ?? 0;
      if (length > 0) return at + 1 - length;
    }
    return -1;
  };
  return { stream, first };
};

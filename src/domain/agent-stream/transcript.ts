import type { AgentEvent } from '../event.ts';
import type { Fact, ToolUse } from './fact.ts';

const MAX_TEXT = 64 * 1024;
const MAX_SAID = 4 * 1024;
const MAX_EVENTS = 1_000;
const MAX_LINES = 400;
const MAX_LINE = 500;
const MAX_USES = 2_000;

type Trouble = Extract<Fact, { kind: 'trouble' }>;
type Ended = Extract<Fact, { kind: 'ended' }>;

/** What a session came to, as its own output tells it. */
export interface Report {
  /** The assistant's words since its last tool call, put together from their pieces. */
  readonly finalText: string;
  readonly tools: number;
  /** The first two thousand of them, with how they came out. */
  readonly uses: readonly ToolUse[];
  /** Model calls as far as the agent tells them, else its tool calls. */
  readonly turns: number;
  /** The last failed model call after which nothing went well any more. */
  readonly trouble: Trouble | undefined;
  readonly ended: Ended | undefined;
  /** Whether anything was said or done at all. */
  readonly active: boolean;
  /** What was said and done, shortened, for response.json. */
  readonly lines: readonly string[];
}

/** Events for the log and lines for response.json, both bounded. */
const createRecord = (onEvent: (event: AgentEvent) => void) => {
  let events = 0;
  let leftOut = 0;
  const lines: string[] = [];
  return {
    show: (event: AgentEvent, line: string): void => {
      events += 1;
      if (events <= MAX_EVENTS) onEvent(event);
      lines.push(line.slice(0, MAX_LINE).toWellFormed());
      if (lines.length <= MAX_LINES) return;
      // The beginning says what the session was about, the end how it went.
      lines.splice(MAX_LINES / 4, 1);
      leftOut += 1;
    },
    active: (): boolean => events > 0,
    lines: (): readonly string[] =>
      leftOut === 0 ? lines : lines.toSpliced(MAX_LINES / 4, 0, `[… ${leftOut} lines left out]`),
  };
};

/** The assistant's words since its last tool call, from whole messages or from pieces of them. */
const createWords = (onSaid: (text: string) => void) => {
  let words = '';
  let unsaid = '';
  const flush = (): void => {
    const text = unsaid.trim().slice(0, MAX_SAID).toWellFormed();
    unsaid = '';
    if (text !== '') onSaid(text);
  };
  return {
    say: ({ text, piece, alone }: Extract<Fact, { kind: 'said' }>): void => {
      if (alone) words = '';
      if (!piece) {
        flush();
        if (words !== '') words += '\n';
      }
      // The end is kept: that is where a model says that it is done.
      words = (words + text).slice(-MAX_TEXT);
      if (unsaid.length < MAX_SAID) unsaid += text.slice(0, MAX_SAID);
      if (!piece) flush();
    },
    flush,
    /** What was said so far is no final answer: work follows on it. */
    forget: (): void => {
      flush();
      words = '';
    },
    all: (): string => words,
  };
};

/** The tools of a session with how they came out; what an agent names in a loop is bounded. */
const createUses = () => {
  const uses: { readonly id: string; use: ToolUse }[] = [];
  let count = 0;
  return {
    begin: ({ id = '', tool, label, ok }: Extract<Fact, { kind: 'tool' }>): void => {
      count += 1;
      if (uses.length >= MAX_USES) return;
      uses.push({ id, use: { tool, label, ...(ok !== undefined && { ok }) } });
    },
    end: ({ id, ok }: Extract<Fact, { kind: 'tool-ended' }>): void => {
      const ended = id === '' ? undefined : uses.findLast((one) => one.id === id);
      if (ended) ended.use = { ...ended.use, ok };
    },
    all: (): readonly ToolUse[] => uses.map(({ use }) => use),
    count: (): number => count,
  };
};

/** Puts facts together: texts from pieces, events for the log (bounded in number and length), a report. */
export const createTranscript = (n: number, onEvent: (event: AgentEvent) => void) => {
  const record = createRecord(onEvent);
  const words = createWords((text) => record.show({ type: 'agent.said', n, text }, text));
  const uses = createUses();
  let asked = 0;
  let progress = 0;
  let trouble: Trouble | undefined;
  let ended: Ended | undefined;
  const goOn = (): void => {
    progress += 1;
    trouble = undefined;
  };
  const turns = (): number => (asked > 0 ? asked : uses.count());
  const take = (fact: Fact): void => {
    switch (fact.kind) {
      case 'said':
        goOn();
        return words.say(fact);
      case 'tool': {
        const { tool, label } = fact;
        goOn();
        words.forget();
        uses.begin(fact);
        return record.show({ type: 'agent.tool', n, tool, label }, `[${tool}] ${label}`);
      }
      case 'tool-ended':
        return uses.end(fact);
      case 'turn':
        asked += 1;
        return words.forget();
      case 'trouble':
        trouble = fact;
        return;
      case 'ended':
        ended = fact;
        if (fact.ok) trouble = undefined;
        return words.flush();
    }
  };
  return {
    take,
    report: (): Report => {
      words.flush();
      return {
        finalText: (ended?.text ?? words.all()).slice(-MAX_TEXT).toWellFormed(),
        tools: uses.count(),
        uses: uses.all(),
        turns: ended?.turns ?? turns(),
        trouble,
        ended,
        active: record.active(),
        lines: record.lines(),
      };
    },
    /** Cheap, for limits while it runs. */
    turns,
    trouble: (): Trouble | undefined => trouble,
    /** Grows with everything that is said or done. */
    progress: (): number => progress,
  };
};
export type Transcript = ReturnType<typeof createTranscript>;

/** Reads a line as a JSON object; undefined for everything else. */
export const parseLine = (line: string): Readonly<Record<string, unknown>> | undefined => {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
};

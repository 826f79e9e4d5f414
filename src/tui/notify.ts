import type { RunInfo } from '../commands/app.ts';
import type { Entry, RunId } from '../domain/event.ts';
import type { BellSetting, NotifySetting } from '../domain/settings.ts';
import { markInvisible, singleLine } from '../domain/terminal.ts';

/** What an operator wants to hear of, as it stands after the newest entry. */
interface News {
  readonly run: RunId;
  readonly task: string;
  readonly what: 'paused' | 'failed' | 'succeeded';
  readonly why: string;
}
export interface NotifyOptions {
  readonly bell: BellSetting;
  readonly notify: NotifySetting;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch; what happened before is no news. */
  readonly since: number;
  /** To the terminal, past the frames. */
  readonly write: (text: string) => void;
  /** So long news are gathered before they are told as one. */
  readonly gatherMs?: number;
}
export interface Notifier {
  take(run: RunInfo, entries: readonly Entry[]): void;
  stop(): void;
}

const GATHER_MS = 1_500;
const LONGEST = 200;
const MOST_NAMES = 3;
const BELL = '\u0007';

const safe = (text: string, max: number): string => markInvisible(singleLine(text, max));

const newsOf = (run: RunInfo, entry: Entry): News | undefined => {
  if (entry.type !== 'run.status') return undefined;
  const { status } = entry;
  if (status !== 'paused' && status !== 'failed' && status !== 'succeeded') return undefined;
  const why = [entry.reason, entry.detail].filter(Boolean).join(': ');
  return { run: run.id, task: safe(run.state.task, 40), what: status, why: safe(why, 80) };
};

const words = { paused: 'paused for a human', failed: 'failed', succeeded: 'succeeded' } as const;
const order = ['paused', 'failed', 'succeeded'] as const;

/** One line on what happened: the run itself when it was one, else how many and which. */
export const sentenceOf = (news: readonly News[]): string => {
  const [only] = news;
  if (news.length === 1 && only)
    return safe(`${only.task} (${only.run}) ${words[only.what]}${only.why && `: ${only.why}`}`, LONGEST);
  const parts = order.flatMap((what) => {
    const some = news.filter((one) => one.what === what);
    if (some.length === 0) return [];
    const names = some.slice(0, MOST_NAMES).map((one) => one.task);
    const more = some.length > MOST_NAMES ? ', …' : '';
    return [`${some.length} ${words[what]} (${names.join(', ')}${more})`];
  });
  return safe(parts.join(' · '), LONGEST);
};

const STRING_END = '\u001B\\';
/** OSC 777 separates its fields by `;`. */
const plain = (text: string): string => text.replaceAll(';', ',');
const osc9 = (text: string): string => `\u001B]9;ralph: ${text}${STRING_END}`;
const osc777 = (text: string): string => `\u001B]777;notify;ralph;${plain(text)}${STRING_END}`;

/** tmux hands on what is wrapped, where its allow-passthrough is on. */
const throughTmux = (sequence: string): string =>
  `\u001BPtmux;${sequence.replaceAll('\u001B', '\u001B\u001B')}${STRING_END}`;

const knows777 = ({ TERM = '', VTE_VERSION }: NotifyOptions['env']): boolean =>
  /^(?:rxvt|foot)/.test(TERM) || (VTE_VERSION ?? '') !== '';

/** The sequence that makes this terminal show a notification; empty when it is not to. */
const notification = (text: string, { notify, env }: NotifyOptions): string => {
  if (notify === 'off') return '';
  const is777 = notify === 'osc777' || (notify === 'desktop' && knows777(env));
  const sequence = is777 ? osc777(text) : osc9(text);
  return env['TMUX'] ? throughTmux(sequence) : sequence;
};

const rings = (news: readonly News[], bell: BellSetting): boolean => {
  if (bell === 'off') return false;
  return bell === 'all' || news.some((one) => one.what !== 'succeeded');
};

const isPauseOrder = (entry: Entry): boolean =>
  entry.type === 'control.taken' && entry.order === 'pause' && entry.outcome === 'accepted';

/** Tells the terminal of runs that need somebody or came to an end; many at once as one. */
export const createNotifier = (options: NotifyOptions): Notifier => {
  const { since, write, bell, gatherMs = GATHER_MS } = options;
  const gathered = new Map<RunId, News>();
  // Runs that somebody has told to pause: that they do so is no news.
  const asked = new Set<RunId>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    const news = [...gathered.values()];
    gathered.clear();
    if (news.length === 0) return;
    const text = notification(sentenceOf(news), options) + (rings(news, bell) ? BELL : '');
    if (text !== '') write(text);
  };
  const takeOne = (run: RunInfo, entry: Entry): void => {
    if (isPauseOrder(entry)) {
      asked.add(run.id);
      // The status of a run that nobody worked on stands before the control that changed it.
      if (gathered.get(run.id)?.what === 'paused') gathered.delete(run.id);
    }
    if (entry.type !== 'run.status') return;
    const news = newsOf(run, entry);
    const isAsked = asked.has(run.id) && news?.what === 'paused';
    if (news?.what !== 'paused') asked.delete(run.id);
    // A run that went on meanwhile is no news any more.
    if (news === undefined || isAsked) gathered.delete(run.id);
    else gathered.set(run.id, news);
  };
  return {
    take: (run, entries) => {
      for (const entry of entries) if (Date.parse(entry.at) >= since) takeOne(run, entry);
      if (gathered.size > 0) timer ??= setTimeout(tell, gatherMs);
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
};

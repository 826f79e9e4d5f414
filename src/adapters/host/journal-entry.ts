import type { Entry, RunEvent } from '../../domain/event.ts';
import { encodeLine, lineLimit } from './log-lines.ts';

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

const mapStrings = (value: Json, change: (text: string) => string): Json => {
  if (typeof value === 'string') return change(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: Json) => mapStrings(item, change));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
};

const cutText =
  (most: number) =>
  (text: string): string =>
    text.length <= most
      ? text
      : `${text.slice(0, most).toWellFormed()}…[cut ${text.length - most} characters]`;

const cutLists = (value: Json, most: number): Json => {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.slice(0, most).map((item: Json) => cutLists(item, most));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutLists(item, most)]));
};

type Fields = Record<string, Json>;

// Longest texts first, then lists: what is short (names, ids, numbers) stays as it is.
const smaller = (fields: Fields, step: number): Fields => {
  const texts = mapStrings(fields, cutText(Math.max(32, (lineLimit / 4) >> step))) as Fields;
  return step < 4 ? texts : (cutLists(texts, Math.max(1, 4096 >> (step - 4))) as Fields);
};

const smallestStep = 24;

/** What comes before the event's own fields in an entry. */
export interface Envelope {
  readonly seq: number;
  readonly at: string;
  readonly up: number;
  readonly run: string;
}

/**
 * The entry of an event and its line, which is at most 256 KiB. Every text but the event's type passes `redact`
 * before it is cut and serialised, so that no half of a secret escapes by a cut.
 */
export const makeEntry = (
  envelope: Envelope,
  event: RunEvent,
  redact: (text: string) => string,
): { readonly entry: Entry; readonly line: Buffer } => {
  const { type, ...rest } = event;
  const clean = mapStrings(rest as unknown as Json, redact) as Fields;
  for (let step = -1; ; step += 1) {
    const fields = step < 0 ? clean : smaller(clean, step);
    const { seq, at, up, run } = envelope;
    // The fields keep the shape of the event; only texts and the length of lists changed.
    const entry = { v: 1, seq, at, up, run, type, ...fields } as unknown as Entry;
    const line = encodeLine(JSON.stringify(entry));
    if (line.length <= lineLimit || step >= smallestStep) return { entry, line };
  }
};

import { textOf, timeOf } from '../../domain/entry-text.ts';
import { readForward } from '../log-forward.ts';
import type { LogBuffer } from '../log-buffer.ts';
import type { BufferLine } from '../log-lines.ts';

const CHUNK = 512 * 1024;

/** A line as `ralph logs` prints it. */
export const lineText = ({ at, kind, text }: BufferLine): string =>
  `${timeOf(at)}  ${kind.padEnd(11)}  ${text}`.trimEnd();

/** The whole log as text, part by part from its file, up to the entry that is the newest now. */
export function* logParts(log: LogBuffer): Generator<string> {
  const { reader, newestSeq } = log;
  let at = { byte: 0, seq: 0 };
  while (reader !== undefined && at.seq < newestSeq) {
    const part = readForward(reader, at, CHUNK);
    if (part === undefined) return;
    const entries = part.entries.filter((entry) => entry.seq <= newestSeq);
    at = { byte: part.end, seq: part.entries.at(-1)?.seq ?? at.seq };
    const lines = entries.flatMap((entry) => textOf(entry, { colour: false }));
    if (lines.length > 0) yield `${lines.join('\n')}\n`;
  }
}

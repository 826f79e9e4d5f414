import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeLine } from '../../src/adapters/host/log-lines.ts';
import { offsetOf, readBack } from '../../src/adapters/host/log-tail.ts';
import type { Entry, RunEvent } from '../../src/domain/event.ts';
import type { LogReader } from '../../src/ports/log-reader.ts';

export const oneTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** A real log on the disk, and how often it was read. */
export interface LogFile {
  readonly path: string;
  readonly reader: LogReader;
  /** Bytes that were asked for so far. */
  readonly asked: number;
  /** Appends events as entries and gives those back. */
  add(...events: readonly RunEvent[]): readonly Entry[];
  remove(): void;
}

export const makeLogFile = (): LogFile => {
  const dir = mkdtempSync(join(tmpdir(), 'ralph-log-'));
  const path = join(dir, 'activity.log');
  let seq = 0;
  let asked = 0;
  return {
    path,
    reader: {
      back: (options) => {
        asked += options.bytes;
        return readBack(path, options);
      },
      offsetOf: (place) => offsetOf(path, place),
    },
    get asked() {
      return asked;
    },
    add: (...events) => {
      const entries = events.map((event): Entry => {
        seq += 1;
        const at = new Date(Date.UTC(2026, 0, 1, 12) + seq * 1000).toISOString();
        return { v: 1, seq, at, up: 0, run: 'run-1', ...event };
      });
      appendFileSync(path, Buffer.concat(entries.map((entry) => encodeLine(JSON.stringify(entry)))));
      return entries;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
};

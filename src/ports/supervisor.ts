import type { RunId } from '../domain/event.ts';

/** What the supervisor says of itself, every two seconds. */
export interface SupervisorReport {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly at: string;
  readonly concurrency: number;
  readonly running: readonly RunId[];
  /** Those of the running that wait for a forge or a model: they do not count against `concurrency`. */
  readonly waiting?: readonly RunId[] | undefined;
  readonly queued: readonly RunId[];
  readonly rssBytes: number;
}
/** A request that lies in the supervisor's queue folder until it is taken: it survives a crash of either side. */
export type QueueItem =
  | { readonly kind: 'run'; readonly run: RunId }
  | { readonly kind: 'concurrency'; readonly n: number }
  | { readonly kind: 'stop' };

/** The supervisor's folder: lease, queue and report. One supervisor per user (architecture.md). */
export interface SupervisorFiles {
  /** The kernel lock; undefined while another process holds it. */
  lease(): { release(): void } | undefined;
  readonly running: boolean;
  report(): SupervisorReport | undefined;
  writeReport(report: SupervisorReport): void;
  put(item: QueueItem): void;
  /** In order of arrival. Broken files are removed and left out. */
  pending(): readonly { readonly name: string; readonly item: QueueItem }[];
  remove(name: string): void;
  watch(listener: () => void): () => void;
}

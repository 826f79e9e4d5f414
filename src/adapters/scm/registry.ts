import type { ScmProvider } from '../../ports/scm.ts';
import { createLocalScm, type LocalScmOptions } from './local.ts';

interface Row {
  readonly id: string;
  readonly takes: (url: string) => boolean;
  readonly create: (options: LocalScmOptions) => ScmProvider;
}

/** First match wins; a forge with an API of its own gets a row above the last one. */
const rows: readonly Row[] = [{ id: 'local', takes: () => true, create: createLocalScm }];

/** The provider for the repository at `url`. Without a known forge, pull requests are records on this machine. */
export const createScm = (options: LocalScmOptions): ScmProvider =>
  rows.find((row) => row.takes(options.url))!.create(options);

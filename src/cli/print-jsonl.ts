import type { Entry } from '../domain/event.ts';

/** A sink that prints each entry as the journal has it, one JSON object a line. */
export const printJsonl =
  (json: (value: unknown) => void) =>
  (entry: Entry): void =>
    json(entry);

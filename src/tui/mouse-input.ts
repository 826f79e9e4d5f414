import { createMouseFilter, type MouseEvent } from './mouse.ts';

/** What is typed, without what the mouse reports: Ink would throw those reports away, or take a torn one for text. */
export interface TypedInput {
  readonly stream: NodeJS.ReadStream;
  stop(): void;
}
/** So long the rest of a torn report is waited for. */
const TORN_MS = 50;

/** Standard input as whoever reads keys is to see it. */
export const typedInput = (stdin: NodeJS.ReadStream, heard: (event: MouseEvent) => void): TypedInput => {
  const filter = createMouseFilter(heard);
  let timer: NodeJS.Timeout | undefined;
  const read = (size?: number): unknown => {
    const chunk: unknown = stdin.read(size);
    if (typeof chunk !== 'string') return chunk;
    clearTimeout(timer);
    const typed = filter.push(chunk);
    if (filter.isHolding) timer = setTimeout(filter.drop, TORN_MS);
    return typed;
  };
  const stream = new Proxy(stdin, {
    get: (target, name) => {
      if (name === 'read') return read;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { stream, stop: () => clearTimeout(timer) };
};

/** Items pushed on one side, read as an iterable on the other; ends after what was pushed before `end`. */
export const asyncQueue = <T>() => {
  const items: T[] = [];
  let wake = (): void => undefined;
  let ended = false;
  return {
    push: (item: T): void => {
      items.push(item);
      wake();
    },
    end: (): void => {
      ended = true;
      wake();
    },
    read: async function* (): AsyncGenerator<T> {
      for (;;) {
        while (items.length > 0) yield items.shift()!;
        if (ended) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
};

/** Bytes in, whole lines out (UTF-8); what follows the last line feed is dropped. */
export const lineQueue = () => {
  const lines = asyncQueue<string>();
  const decoder = new TextDecoder();
  let rest = '';
  return {
    take: (chunk: Uint8Array): void => {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      parts.forEach(lines.push);
    },
    end: lines.end,
    read: lines.read,
  };
};
